// Shows what the server sanitised, says when there is more of it below, and lets the keyboard scroll it.
const views = new WeakMap()

function scrollerOf(element) {
  for (let at = element; at; at = at.parentElement ?? at.getRootNode().host) {
    const style = getComputedStyle(at)
    if (/auto|scroll/.test(style.overflowY) && at.scrollHeight > at.clientHeight + 1) return at
  }
  return document.scrollingElement
}

// What of the window shows texts: the page's head covers their top, its bar of answers their end.
function opening() {
  const head = document.querySelector('[data-testid="stHeader"]')
  const bar = document.querySelector('[data-testid="stBottom"]')
  const covers = head && !/^(transparent|rgba\(.*, 0\))$/.test(getComputedStyle(head).backgroundColor)
  const top = covers ? Math.max(0, head.getBoundingClientRect().bottom) : 0
  const bottom = Math.min(window.innerHeight, bar?.getBoundingClientRect().top ?? Infinity)
  return { top, bottom, step: (bottom - top) * 0.85 }
}

function sayWhatIsBelow(root, pill) {
  const { top, bottom } = opening()
  const view = root.parentElement
  view.style.setProperty("--head", `${Math.round(top)}px`)
  view.style.setProperty("--fold", `${Math.round(window.innerHeight - bottom)}px`)
  const under = [...root.querySelectorAll("article")].filter(
    (card) => card.querySelector(".text").getBoundingClientRect().bottom > bottom + 4,
  )
  const sides = new Set(under.map((card) => card.dataset.side))
  const [side] = sides
  pill.parentElement.hidden = !root.dataset.pair || !under.length || root.getBoundingClientRect().top >= bottom
  pill.textContent = sides.size === 1 && /^[AB]$/.test(side) ? `More of ${side} below` : "More below"
}

// A box that scrolls sideways must be reachable by keyboard.
function openWideBoxes(root) {
  for (const box of root.querySelectorAll(".scroll")) {
    const wide = box.scrollWidth > box.clientWidth + 1
    if (wide) box.tabIndex = 0
    else box.removeAttribute("tabindex")
  }
}

function keyScroll(root, event) {
  const active = document.activeElement
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || (active && active !== document.body)) return
  const { step } = opening()
  const scroller = scrollerOf(root)
  const far = scroller.scrollHeight
  const steps = {
    " ": event.shiftKey ? -step : step,
    PageDown: step, PageUp: -step, ArrowDown: 60, ArrowUp: -60, Home: -far, End: far,
  }
  if (!(event.key in steps)) return
  event.preventDefault()
  scroller.scrollBy({ top: steps[event.key], behavior: "instant" })
}

function build(parentElement) {
  const root = parentElement.querySelector(".texts")
  const pill = parentElement.querySelector(".more")
  const update = () => { openWideBoxes(root); sayWhatIsBelow(root, pill) }
  const observer = new ResizeObserver(update)
  observer.observe(root)
  const onScroll = () => sayWhatIsBelow(root, pill)
  const onKey = (event) => root.dataset.pair && keyScroll(root, event)
  document.addEventListener("scroll", onScroll, { capture: true, passive: true })
  window.addEventListener("resize", update)
  document.addEventListener("keydown", onKey)
  const calm = matchMedia("(prefers-reduced-motion: reduce)")
  pill.onclick = () => {
    scrollerOf(root).scrollBy({ top: opening().step, behavior: calm.matches ? "instant" : "smooth" })
  }
  const stop = () => {
    observer.disconnect()
    document.removeEventListener("scroll", onScroll, { capture: true })
    window.removeEventListener("resize", update)
    document.removeEventListener("keydown", onKey)
    views.delete(parentElement)
  }
  return { root, update, stop, html: null }
}

export default function (component) {
  const { data, parentElement } = component
  const view = views.get(parentElement) ?? build(parentElement)
  views.set(parentElement, view)
  if (view.html !== data.html) {
    const before = view.root.dataset.pair
    view.root.innerHTML = view.html = data.html
    view.root.dataset.pair = data.pair
    // The next pair is read from its beginning.
    if (before && before !== data.pair) scrollerOf(view.root).scrollTop = 0
  }
  view.update()
  return view.stop
}
