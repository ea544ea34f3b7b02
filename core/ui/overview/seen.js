// Says once for each time the page is drawn that somebody looks at it: the tab is in front and stays so for a moment.
const LOOKED_MS = 1500
const told = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  if (told.get(parentElement)?.drawn === data.drawn) return
  told.get(parentElement)?.stop()
  let timer
  const look = () => {
    clearTimeout(timer)
    if (document.visibilityState !== "visible") return
    timer = setTimeout(() => {
      document.removeEventListener("visibilitychange", look)
      setTriggerValue("seen", data.drawn)
    }, LOOKED_MS)
  }
  const stop = () => {
    clearTimeout(timer)
    document.removeEventListener("visibilitychange", look)
  }
  told.set(parentElement, { drawn: data.drawn, stop })
  document.addEventListener("visibilitychange", look)
  look()
  return stop
}
