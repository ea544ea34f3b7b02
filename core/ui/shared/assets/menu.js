// On a phone the menu lies over the page: it goes once something was chosen in it.
let shown

// A page that writes its usual choices into the address on arrival makes no step of its own: Back leads off the page.
const push = window.history.pushState
const FILTER = /^[a-z]+_/

function onlyCompletes(to) {
  if (to.pathname !== window.location.pathname) return false
  const now = new URLSearchParams(window.location.search), then = to.searchParams
  return [...new Set([...now.keys(), ...then.keys()])].every((key) =>
    now.has(key) && then.has(key) ? `${now.getAll(key)}` === `${then.getAll(key)}` : FILTER.test(key),
  )
}

if (!push.isOurs) {
  window.history.pushState = function (state, title, url) {
    const completes = onlyCompletes(new URL(url ?? "", window.location.href))
    return completes ? window.history.replaceState(state, title, url) : push.call(window.history, state, title, url)
  }
  window.history.pushState.isOurs = true
}

export default function ({ data }) {
  const chosen = shown !== undefined && shown !== data.page
  shown = data.page
  if (!chosen || !window.matchMedia("(max-width: 767px)").matches) return
  document.querySelector('[data-testid="stSidebarCollapseButton"] button[aria-expanded="true"]')?.click()
}
