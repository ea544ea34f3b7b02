// On a phone the menu lies over the page: it goes once something was chosen in it.
let shown

export default function ({ data }) {
  const chosen = shown !== undefined && shown !== data.page
  shown = data.page
  if (!chosen || !window.matchMedia("(max-width: 767px)").matches) return
  document.querySelector('[data-testid="stSidebarCollapseButton"] button[aria-expanded="true"]')?.click()
}
