// On a phone the menu lies over the page: it goes once something was chosen in it.
let shown

// A page that writes its usual choices into the address on arrival makes no step of its own: Back leads off the page.
// So does one that says of a response to which prompt it is, or that there is none of that id.
const push = window.history.pushState
const FILTER = /^[a-z]+_/
const SAME_STEP_MS = 3000
let last = { href: "", at: -Infinity }

function onlyCompletes(to) {
  if (to.pathname !== window.location.pathname) return false
  const now = new URLSearchParams(window.location.search), then = to.searchParams
  const tells = (key) => FILTER.test(key) || (key === "prompt" && now.has("response"))
  const isSame = (key) => `${now.getAll(key)}` === `${then.getAll(key)}`
  return (
    [...now.keys()].every((key) => (then.has(key) ? isSame(key) : key === "response")) &&
    [...then.keys()].every((key) => now.has(key) || tells(key))
  )
}

// On the way to another page its choices are written after this page's name first, and its own name follows.
function goesOn(to) {
  const isOurs = last.href === window.location.href && performance.now() - last.at < SAME_STEP_MS
  return isOurs && to.pathname !== window.location.pathname && to.search === window.location.search
}

if (!push.isOurs) {
  window.history.pushState = function (state, title, url) {
    const to = new URL(url ?? "", window.location.href)
    const replaces = onlyCompletes(to) || goesOn(to)
    const isLast = last.href === window.location.href
    if (replaces) window.history.replaceState(state, title, url)
    else push.call(window.history, state, title, url)
    if (!replaces || isLast) last = { href: window.location.href, at: performance.now() }
  }
  window.history.pushState.isOurs = true
}

export default function ({ data }) {
  const chosen = shown !== undefined && shown !== data.page
  shown = data.page
  if (!chosen || !window.matchMedia("(max-width: 767px)").matches) return
  document.querySelector('[data-testid="stSidebarCollapseButton"] button[aria-expanded="true"]')?.click()
}
