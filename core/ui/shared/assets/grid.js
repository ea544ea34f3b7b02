// A table of which a cell can be chosen and whose rows are put in order by a column's head, by mouse or by arrow keys.
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }
const shown = new WeakMap()

const rowsOf = (place) => [...place.querySelectorAll("tr")]

// One cell is reached by Tab, the others from there.
function reach(place, cell) {
  for (const each of place.querySelectorAll('[tabindex="0"]:is(td, th)')) each.tabIndex = -1
  cell.tabIndex = 0
}

function order(place, head) {
  const turned = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending"
  for (const each of head.parentElement.cells) each.removeAttribute("aria-sort")
  head.setAttribute("aria-sort", turned)
  const sign = turned === "ascending" ? 1 : -1
  const content = (row) => row.cells[head.cellIndex].dataset.sort ?? row.cells[head.cellIndex].textContent
  const body = place.querySelector("tbody")
  const rows = [...body.rows].sort((one, other) => {
    const [a, b] = [content(one), content(other)]
    if (a === "" || b === "") return (a === "") - (b === "") // what is not known stands last either way
    return sign * (isNaN(a) || isNaN(b) ? a.localeCompare(b, undefined, { numeric: true }) : a - b)
  })
  body.append(...rows)
}

function act(place, cell, choose) {
  const heads = place.querySelector("thead tr").cells
  reach(place, cell)
  if (cell.parentElement === heads[0].parentElement) order(place, cell)
  else choose({ row: Number(cell.parentElement.dataset.row), column: heads[cell.cellIndex].textContent })
}

// A link leads on within the app; opened in another tab it is the browser's.
function onClick(place, event, choose) {
  const cell = event.target.closest("td, th"), link = event.target.closest("a")
  if (!cell || (link && (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey))) return
  if (link) event.preventDefault()
  act(place, cell, choose)
}

function onKey(place, event, choose) {
  const cell = event.target.closest("td, th")
  if (!cell || event.ctrlKey || event.metaKey || event.altKey) return
  if (event.key === "Enter" || event.key === " ") act(place, cell, choose)
  else if (event.key in ARROWS) {
    const rows = rowsOf(place), [down, right] = ARROWS[event.key]
    const next = rows[rows.indexOf(cell.parentElement) + down]?.cells[cell.cellIndex + right]
    if (!next) return
    reach(place, next)
    next.focus()
    next.scrollIntoView({ block: "nearest", inline: "nearest" })
  } else return
  event.preventDefault()
}

export default function ({ data, parentElement, setTriggerValue }) {
  const place = parentElement.querySelector(".grid")
  const choose = (chosen) => setTriggerValue("chosen", chosen)
  if (shown.get(place) !== data.html) {
    place.innerHTML = data.html
    shown.set(place, data.html)
    for (const cell of place.querySelectorAll("td, th")) cell.tabIndex = -1
    reach(place, place.querySelector("tbody tr").cells[0])
  }
  place.classList.toggle("leads", data.leads === true)
  place.onclick = (event) => onClick(place, event, choose)
  place.onkeydown = (event) => onKey(place, event, choose)
}
