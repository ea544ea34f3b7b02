// Brings the chosen response into view and into focus, once for each arrival, and again while the page still grows.
const CHOSEN = ".st-key-responses_chosen"
const GIVES_UP_MS = 10000
const STILL_MS = 1500
let arrived

function lead() {
  const began = performance.now()
  let moved = began
  let place = NaN
  let over = false
  const stop = () => { over = true }
  const gestures = ["wheel", "touchstart", "pointerdown", "keydown"]
  for (const each of gestures) window.addEventListener(each, stop, { once: true, passive: true, capture: true })

  const look = () => {
    const now = performance.now()
    const card = document.querySelector(CHOSEN)
    if (card) {
      const top = Math.round(card.getBoundingClientRect().top)
      if (top !== place) {
        card.scrollIntoView({ block: "start", behavior: "instant" })
        place = Math.round(card.getBoundingClientRect().top)
        moved = now
      }
      if (!card.contains(document.activeElement)) {
        card.tabIndex = -1
        card.setAttribute("role", "group")
        card.setAttribute("aria-label", "The chosen response")
        card.focus({ preventScroll: true })
      }
    }
    const isStill = card && now - moved > STILL_MS
    if (over || isStill || now - began > GIVES_UP_MS) {
      for (const each of gestures) window.removeEventListener(each, stop, { capture: true })
    } else requestAnimationFrame(look)
  }
  look()
}

export default function ({ data }) {
  if (data.arrival === arrived) return
  arrived = data.arrival
  lead()
}
