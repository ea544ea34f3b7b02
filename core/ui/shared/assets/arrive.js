// Brings what an address leads to into view and into focus, once for each arrival, and again while the page still grows.
const GIVES_UP_MS = 10000
const STILL_MS = 1500
let arrived

function lead({ place, label }) {
  const began = performance.now()
  let moved = began
  let at = NaN
  let over = false
  const stop = () => { over = true }
  const gestures = ["wheel", "touchstart", "pointerdown", "keydown"]
  for (const each of gestures) window.addEventListener(each, stop, { once: true, passive: true, capture: true })

  const look = () => {
    const now = performance.now()
    const found = document.querySelector(`.st-key-${place}`)
    if (found) {
      const top = Math.round(found.getBoundingClientRect().top)
      if (top !== at) {
        found.scrollIntoView({ block: "start", behavior: "instant" })
        at = Math.round(found.getBoundingClientRect().top)
        moved = now
      }
      if (!found.contains(document.activeElement)) {
        found.tabIndex = -1
        found.setAttribute("role", "group")
        found.setAttribute("aria-label", label)
        found.focus({ preventScroll: true })
      }
    }
    const isStill = found && now - moved > STILL_MS
    if (over || isStill || now - began > GIVES_UP_MS) {
      for (const each of gestures) window.removeEventListener(each, stop, { capture: true })
    } else requestAnimationFrame(look)
  }
  look()
}

export default function ({ data }) {
  if (data.arrival === arrived) return
  arrived = data.arrival
  lead(data)
}
