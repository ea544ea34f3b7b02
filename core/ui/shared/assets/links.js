// Copies the page's address, and makes what the server sent of it into a picture or a one-page report.
const FONT = "system-ui, sans-serif", SCALE = 2, MARGIN = 40
const SAID_MS = 4000
const done = new WeakMap()
let plotly

// All choices stand in the browser's own address, and on the way here others' may have been left there.
function address({ page, shared, pin }, hold) {
  const url = new URL(window.location.href)
  url.search = ""
  url.hash = ""
  for (const [key, found] of new URLSearchParams(window.location.search))
    if (key.startsWith(`${page}_`) || shared.includes(key)) url.searchParams.append(key, found)
  if (pin && hold) url.searchParams.set("as_of", pin.as_of)
  if (pin) url.searchParams.set("seen", pin.seen)
  return url.toString()
}

// Behind plain http there is no clipboard to write to, but for a selected text.
async function copy(text, place) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const field = document.createElement("textarea")
    field.value = text
    field.style.cssText = "position: fixed; opacity: 0"
    place.append(field)
    field.select()
    const copied = document.execCommand("copy")
    field.remove()
    return copied
  }
}

function load() {
  plotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script")
    script.src = new URL("plotly.min.js", window.location.href.split(/[?#]/)[0]).href
    script.onload = () => resolve(window.Plotly)
    script.onerror = () => { plotly = undefined; reject(new Error("plotly.min.js did not come")) }
    document.head.append(script)
  })
  return plotly
}

async function drawn({ json }, width) {
  const figure = JSON.parse(json)
  const layout = { ...figure.layout, width, paper_bgcolor: "#ffffff", plot_bgcolor: "#ffffff", autosize: false }
  layout.font = { ...layout.font, family: FONT }
  // What stands at the right is written in a font that this machine has, which may be a wider one.
  layout.margin = { ...layout.margin, r: 1.4 * (layout.margin?.r ?? 48) + 12 }
  const height = layout.height || 420
  const Plotly = await load()
  const svg = await Plotly.toImage({ data: figure.data, layout }, { format: "svg", width, height })
  return { svg, height }
}

function image(src) {
  return new Promise((resolve, reject) => {
    const found = new Image()
    found.onload = () => resolve(found)
    found.onerror = () => reject(new Error("the chart could not be drawn"))
    found.src = src
  })
}

function wrapped(pen, text, width) {
  const lines = [""]
  for (const word of text.split(/\s+/)) {
    const longer = lines.at(-1) ? `${lines.at(-1)} ${word}` : word
    if (pen.measureText(longer).width <= width || !lines.at(-1)) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines
}

async function picture(made) {
  const inner = made.width - 2 * MARGIN
  const charts = await Promise.all(made.figures.map((figure) => drawn(figure, inner)))
  const canvas = document.createElement("canvas"), pen = canvas.getContext("2d")
  const head = { font: `600 26px ${FONT}`, line: 34, colour: "#12161a" }
  const title = { font: `600 15px ${FONT}`, line: 28, colour: "#12161a" }
  const foot = { font: `13px ${FONT}`, line: 19, colour: "#5e646a" }
  const lines = (style, text) => { pen.font = style.font; return wrapped(pen, text, inner) }
  const heading = lines(head, made.headline), footing = lines(foot, made.footnote)
  const height = charts.reduce((sum, chart) => sum + chart.height + title.line, 0)
  canvas.width = made.width * SCALE
  canvas.height = (2 * MARGIN + heading.length * head.line + 16 + height + 12 + footing.length * foot.line) * SCALE
  pen.scale(SCALE, SCALE)
  pen.fillStyle = "#ffffff"
  pen.fillRect(0, 0, made.width, canvas.height)
  let y = MARGIN
  const write = (style, found) => {
    pen.font = style.font
    pen.fillStyle = style.colour
    pen.textBaseline = "top"
    for (const line of found) { pen.fillText(line, MARGIN, y); y += style.line }
  }
  write(head, heading)
  y += 16
  for (const [place, chart] of charts.entries()) {
    write(title, [made.figures[place].title])
    pen.drawImage(await image(chart.svg), MARGIN, y, inner, chart.height)
    y += chart.height
  }
  y += 12
  write(foot, footing)
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"))
  save(blob, `${made.name}.png`)
}

async function report(made) {
  const page = new DOMParser().parseFromString(made.html, "text/html")
  for (const [place, figure] of made.figures.entries()) {
    const chart = page.createElement("img")
    chart.src = (await drawn(figure, made.figures.length > 1 ? 470 : 760)).svg
    chart.alt = figure.title
    page.querySelector(`[data-figure="${place}"]`).replaceWith(chart)
  }
  save(new Blob([`<!doctype html>${page.documentElement.outerHTML}`], { type: "text/html" }), `${made.name}.html`)
}

function save(blob, name) {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

function build(place) {
  const add = (tag, fields) => Object.assign(place.appendChild(document.createElement(tag)), fields)
  const parts = { copy: add("button", { type: "button", textContent: "Copy link" }), hold: add("label", {}) }
  parts.box = parts.hold.appendChild(Object.assign(document.createElement("input"), { type: "checkbox" }))
  parts.held = parts.hold.appendChild(document.createElement("span"))
  parts.picture = add("button", { type: "button", textContent: "Picture" })
  parts.report = add("button", { type: "button", textContent: "Report" })
  parts.said = add("span", {})
  parts.said.setAttribute("role", "status")
  return parts
}

export default function ({ data, parentElement, setTriggerValue }) {
  const place = parentElement.querySelector(".links")
  const known = done.get(place) ?? { parts: build(place), nonce: null, pinned: null }
  done.set(place, known)
  const { parts } = known, { pin } = data.address
  const say = (text) => {
    parts.said.textContent = text
    clearTimeout(known.timer)
    known.timer = setTimeout(() => (parts.said.textContent = ""), SAID_MS)
  }
  const busy = (is) => { parts.picture.disabled = parts.report.disabled = is }
  parts.hold.hidden = !pin
  parts.hold.style.display = pin ? "" : "none"
  if (pin) {
    parts.held.textContent = pin.label
    parts.held.title = "Votes and runs are numbered over all studies, questions and datasets, in the order in which they came."
    if (known.pinned !== pin.is_pinned) parts.box.checked = known.pinned = pin.is_pinned
  }
  for (const kind of ["picture", "report"]) {
    parts[kind].hidden = !data.has_slide
    parts[kind].onclick = () => {
      busy(true)
      say(kind === "picture" ? "Making the picture …" : "Making the report …")
      setTriggerValue("wanted", kind)
    }
  }
  parts.copy.onclick = async () => {
    const text = address(data.address, parts.box.checked)
    if (await copy(text, place)) return say(pin && parts.box.checked ? `Copied, ${pin.label}` : "Copied")
    parts.said.replaceChildren(Object.assign(document.createElement("input"), { type: "text", value: text, readOnly: true }))
    parts.said.firstChild.select()
  }
  const { made } = data
  if (!made || made.nonce === known.nonce) return
  known.nonce = made.nonce
  const make = made.kind === "picture" ? picture : report
  make(made)
    .then(() => say("Saved to your downloads"))
    .catch((error) => say(`It could not be made: ${error.message}. Try again.`))
    .finally(() => busy(false))
}
