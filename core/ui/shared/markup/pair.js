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
  const isOne = sides.size === 1 && /^[AB]$/.test(side)
  const below = pill.parentElement
  below.hidden = !root.dataset.pair || !under.length || root.getBoundingClientRect().top >= bottom
  // Beside a text that has ended nothing fades.
  below.dataset.side = isOne ? side : ""
  pill.textContent = isOne ? `More of ${side} below` : "More below"
}

// Where the answers are stacked: which one is being read, the lowest that has begun above the middle of the window.
function cardInView(root) {
  const { top, bottom } = opening()
  const cards = [...root.querySelectorAll("article.answer")]
  return cards.filter((card) => card.getBoundingClientRect().top < (top + bottom) / 2).at(-1) ?? cards[0]
}

function markSide(root, buttons) {
  const side = cardInView(root)?.dataset.side
  for (const button of buttons) button.setAttribute("aria-pressed", String(button.value === side))
}

// To the other answer of the same turn, as deep in it as in this one.
function showSide(root, side) {
  const from = cardInView(root)
  const to = from?.parentElement.querySelector(`article[data-side="${side}"]`)
  if (!to || to === from) return
  const { top, bottom } = opening()
  const seen = Math.max(0, top - from.getBoundingClientRect().top)
  const { top: begins, height } = to.getBoundingClientRect()
  const depth = Math.min(seen, Math.max(0, height - (bottom - top) / 2))
  scrollerOf(root).scrollBy({ top: begins - top + depth, behavior: "instant" })
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
  if (document.querySelector('[role="dialog"]')) return
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
  const buttons = parentElement.querySelectorAll(".sides button")
  const look = () => { sayWhatIsBelow(root, pill); markSide(root, buttons) }
  const measure = () => { openWideBoxes(root); look() }
  const observer = new ResizeObserver(measure)
  observer.observe(root)
  // What stands above the texts comes and goes, which moves them.
  const page = document.querySelector('[data-testid="stMainBlockContainer"]')
  if (page) observer.observe(page)
  // The page's bar comes, and grows, after the texts do; some pages have none.
  let meeting = 0
  const meetBar = (tries) => {
    clearTimeout(meeting)
    const bar = document.querySelector('[data-testid="stBottom"]')
    if (bar) observer.observe(bar)
    else if (tries && root.isConnected) meeting = setTimeout(meetBar, 200, tries - 1)
  }
  const update = () => { meetBar(50); measure() }
  const onScroll = look
  const onKey = (event) => root.dataset.pair && keyScroll(root, event)
  for (const button of buttons) button.onclick = () => showSide(root, button.value)
  document.addEventListener("scroll", onScroll, { capture: true, passive: true })
  window.addEventListener("resize", update)
  document.addEventListener("keydown", onKey)
  const calm = matchMedia("(prefers-reduced-motion: reduce)")
  pill.onclick = () => {
    scrollerOf(root).scrollBy({ top: opening().step, behavior: calm.matches ? "instant" : "smooth" })
  }
  const stop = () => {
    clearTimeout(meeting)
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
    parentElement.querySelector(".sides").hidden = !data.pair
    // The next pair is read from its beginning.
    if (before && before !== data.pair) scrollerOf(view.root).scrollTop = 0
  }
  view.update()
  return view.stop
}
