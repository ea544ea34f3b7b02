// Shows what the server sanitised, says when there is more of it below, and lets the keyboard scroll it.
const views = new WeakMap()

function scrollerOf(element) {
  for (let at = element; at; at = at.parentElement ?? at.getRootNode().host) {
    const style = getComputedStyle(at)
    if (/auto|scroll/.test(style.overflowY) && at.scrollHeight > at.clientHeight + 1) return at
  }
  return document.scrollingElement
}

// The page's sticky bar of answers covers the end of the texts.
function foldOf(bar) {
  return Math.min(window.innerHeight, bar?.getBoundingClientRect().top ?? Infinity)
}

function sayWhatIsBelow(root, pill) {
  const bar = document.querySelector('[data-testid="stBottom"]')
  const fold = foldOf(bar)
  pill.parentElement.style.setProperty("--fold", `${Math.round(window.innerHeight - fold)}px`)
  const under = [...root.querySelectorAll("article")].filter((card) => {
    const text = card.querySelector(".text")
    return text.getBoundingClientRect().bottom > fold + 4
  })
  const sides = new Set(under.map((card) => card.dataset.side))
  const onScreen = root.getBoundingClientRect().top < fold
  pill.parentElement.hidden = !under.length || !onScreen
  const one = sides.size === 1 ? [...sides][0] : ""
  pill.textContent = one && one !== "user" ? `More of ${one} below` : "More below"
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
  const scroller = scrollerOf(root)
  const page = (foldOf(document.querySelector('[data-testid="stBottom"]')) - scroller.getBoundingClientRect().top) * 0.85
  const far = scroller.scrollHeight
  const steps = { " ": event.shiftKey ? -page : page, PageDown: page, PageUp: -page, ArrowDown: 60, ArrowUp: -60, Home: -far, End: far }
  if (!(event.key in steps)) return
  event.preventDefault()
  scroller.scrollBy({ top: steps[event.key], behavior: "instant" })
}

function build(parentElement) {
  const root = parentElement.querySelector(".texts")
  const pill = parentElement.querySelector(".more")
  const watched = root.dataset
  const update = () => { openWideBoxes(root); sayWhatIsBelow(root, pill) }
  const observer = new ResizeObserver(update)
  observer.observe(root)
  const onScroll = () => sayWhatIsBelow(root, pill)
  const onKey = (event) => watched.pair && keyScroll(root, event)
  document.addEventListener("scroll", onScroll, { capture: true, passive: true })
  window.addEventListener("resize", update)
  document.addEventListener("keydown", onKey)
  pill.onclick = () => {
    const scroller = scrollerOf(root)
    const height = foldOf(document.querySelector('[data-testid="stBottom"]')) - scroller.getBoundingClientRect().top
    scroller.scrollBy({ top: height * 0.85, behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth" })
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
