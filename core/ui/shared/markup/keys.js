// Keys of the rating desk: what is typed while something is open goes into its box, and nowhere else.
const TOOLS = { f: "flag", n: "note", s: "skip", g: "guidelines" }
const SKIP_BOX = '[class*="st-key-rate_skip-other-"] input'
const OPENS_WITHIN_MS = 3000
const DIGIT_ALONE_MS = 400
const APPEARS_WITHIN_MS = 150
const SAVED_AFTER_MS = 50
const drafts = new Map()

const dialog = () => document.querySelector('[role="dialog"]')
const box = () => dialog()?.querySelector("textarea") ?? (dialog() ? null : document.querySelector(SKIP_BOX))
const isOpen = () => Boolean(dialog() || document.querySelector(SKIP_BOX))
const isBox = (element) => /^(INPUT|TEXTAREA|SELECT)$/.test(element?.tagName) || element?.isContentEditable
const toolButton = (key) => document.querySelector(`.st-key-rate_tool_${TOOLS[key]} button:not([disabled])`)
const hasKeyboard = () => matchMedia("(pointer: fine)").matches

// React takes a value that was not typed only from the element's own setter.
function fill(field, text) {
  const kind = field.tagName === "TEXTAREA" ? HTMLTextAreaElement : HTMLInputElement
  Object.getOwnPropertyDescriptor(kind.prototype, "value").set.call(field, text)
  field.dispatchEvent(new Event("input", { bubbles: true }))
}

const saveButton = (field) => field.closest('[data-testid="stForm"]')?.querySelector('[data-testid="stFormSubmitButton"] button')

// A reason typed as a digit alone is one of the four; with anything after it, it is the beginning of a sentence.
function pickReason(digit) {
  const of = [...document.querySelectorAll('[class*="st-key-rate_skip-"]')]
  of.find((each) => new RegExp(`st-key-rate_skip-(?!other).*-${digit}( |$)`).test(each.className))?.querySelector("button")?.click()
}

function watch(pair) {
  let known = null, isSettling = false, waitingFor = null, waitingSince = 0, ahead = "", digit = 0, tries = 0
  let isLeaving = false, isSaving = false

  const stop = (event) => { event.preventDefault(); event.stopImmediatePropagation() }

  function welcome() {
    const field = box(), isAwaited = isWaitingForBox()
    if (field || (dialog() && waitingFor === "g")) waitingFor = null
    if (field === known) return
    known = field
    if (!field) return
    // A box that has just appeared still forgets what it is given; until it does not, typing is kept for it.
    isSettling = true
    if (!isAwaited) isLeaving = isSaving = false
    setTimeout(() => {
      isSettling = false
      const text = (drafts.get(name(field)) ?? "") + ahead
      ahead = ""
      if (field !== known) return
      if (text) fill(field, text)
      if (isLeaving || isSaving) leave(field)
      else if (text) waitForMore(text)
    }, APPEARS_WITHIN_MS)
    if (!hasKeyboard()) return
    // A dialog takes the focus itself a moment after it appears.
    tries = 20
    const focus = () => {
      if (field !== known || tries-- <= 0) return
      if (document.activeElement !== field) field.focus()
      setTimeout(focus, 25)
    }
    focus()
  }

  // What was done after the typing that was kept comes after it, too: on to the button, and pressing it.
  function leave(field) {
    tries = 0
    const button = saveButton(field)
    button?.focus()
    if (isSaving) setTimeout(() => button?.click(), SAVED_AFTER_MS)
  }

  function keep(event) {
    const isOver = isLeaving || event.ctrlKey || event.metaKey || isOneLine()
    if (event.key === "Tab" && !event.shiftKey) isLeaving = true
    else if (event.key === "Enter" && isOver) isSaving = true
    else if (event.key === "Enter") ahead += "\n"
    else if (isText(event) && !isLeaving) ahead += event.key
    else return
    stop(event)
  }

  const isText = (event) => event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey

  const name = (field) => `${pair()} ${field.tagName} ${field.getAttribute("aria-label")}`

  const isWaiting = () => waitingFor !== null && performance.now() - waitingSince < OPENS_WITHIN_MS
  const isWaitingForBox = () => isWaiting() && waitingFor !== "g"
  const isOneLine = () => known ? known.tagName !== "TEXTAREA" : waitingFor === "s"

  function onKey(event) {
    if (event.isComposing) return
    // A dialog is there before its box; a Tab would go to the button that closes it.
    if (known ? isSettling : isWaitingForBox() && !isBox(event.target)) return keep(event)
    if (!isText(event)) return
    clearTimeout(digit)
    if (isBox(event.target)) return event.target === known && onKeyInBox(event)
    if (isOpen()) {
      const onButton = event.key === " " && event.target.closest?.("button, a, summary")
      if (onButton) return
      // Focused while the key goes down, the box takes what was typed.
      if (known) { known.focus(); event.stopImmediatePropagation(); return onKeyInBox(event) }
      return stop(event)
    }
    if (isWaiting()) return stop(event)
    waitingFor = null
    ahead = ""
    isLeaving = isSaving = false
    const key = event.key.toLowerCase()
    if (key in TOOLS && !event.shiftKey && toolButton(key)) [waitingFor, waitingSince] = [key, performance.now()]
  }

  function onKeyInBox(event) {
    if (known.value === "") waitForMore(event.key)
  }

  function waitForMore(text) {
    if (!known.matches(SKIP_BOX) || !/^[1-4]$/.test(text)) return
    digit = setTimeout(() => known?.value === text && pickReason(text), DIGIT_ALONE_MS)
  }

  // Who goes elsewhere is let go.
  const onLeave = (event) => { if (event.type === "pointerdown" || event.key === "Tab") tries = 0 }
  const onInput = (event) => { if (event.target === known && dialog()) drafts.set(name(known), known.value) }
  const forget = () => known && drafts.delete(name(known))
  const onSave = (event) => { if (event.target.closest?.('[data-testid="stFormSubmitButton"]')) forget() }
  const onSend = (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) forget() }

  const observer = new MutationObserver(welcome)
  observer.observe(document.body, { childList: true, subtree: true })
  const listening = [
    ["keydown", onLeave], ["pointerdown", onLeave], ["keydown", onKey], ["keydown", onSend], ["input", onInput],
    ["click", onSave],
  ]
  for (const [kind, work] of listening) window.addEventListener(kind, work, { capture: true })
  welcome()
  return () => {
    observer.disconnect()
    clearTimeout(digit)
    for (const [kind, work] of listening) window.removeEventListener(kind, work, { capture: true })
  }
}

const watching = new WeakMap()

export default function (component) {
  const { data, parentElement } = component
  const view = watching.get(parentElement) ?? {}
  view.pair = data.pair
  view.stop ??= watch(() => view.pair)
  watching.set(parentElement, view)
  return () => { view.stop(); watching.delete(parentElement) }
}
