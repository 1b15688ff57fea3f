// Exact values beside a chart where a pointer or the arrow keys come. Without this script they are in the
// columns' titles and in the table.
for (const plot of document.querySelectorAll(".plot")) {
  const columns = [...plot.querySelectorAll(".column")];
  if (columns.length === 0) continue;
  const drawing = plot.querySelector(".drawing");
  const told = columns.map((column) => {
    const title = column.querySelector("title");
    const text = title.textContent;
    title.remove(); // Lest the browser shows it, too.
    return text;
  });
  const box = document.createElement("div");
  box.className = "read-out";
  box.setAttribute("role", "status");
  box.hidden = true;
  plot.append(box);
  const colours = new Map();
  for (const entry of plot.parentElement.querySelectorAll(".legend li")) {
    colours.set(entry.textContent, entry.firstElementChild);
  }
  let at = -1;
  const show = (next) => {
    columns[at]?.classList.remove("here");
    at = next;
    box.hidden = at < 0;
    if (at < 0) return;
    columns[at].classList.add("here");
    const [name, ...lines] = told[at].split("\n");
    const head = document.createElement("strong");
    head.textContent = name;
    box.replaceChildren(head, ...lines.map((line) => {
      const part = document.createElement("span");
      const colour = colours.get(line.slice(0, line.lastIndexOf(": ")));
      if (colour) part.append(colour.cloneNode());
      part.append(line);
      return part;
    }));
    const sheet = drawing.getBoundingClientRect();
    const left = sheet.left - plot.getBoundingClientRect().left;
    const x = left + (sheet.width * Number(columns[at].dataset.at)) / 100;
    const flips = x + box.offsetWidth + 24 > plot.clientWidth;
    box.style.left = `${Math.max(0, flips ? x - box.offsetWidth - 12 : x + 12)}px`;
  };
  columns.forEach((column, n) => column.addEventListener("pointerenter", () => show(n)));
  plot.addEventListener("pointerleave", () => show(-1));
  plot.tabIndex = 0;
  plot.setAttribute("role", "group");
  plot.setAttribute("aria-labelledby", drawing.getAttribute("aria-labelledby"));
  plot.setAttribute("aria-description", "Arrow keys read out the values.");
  plot.addEventListener("blur", () => show(-1));
  plot.addEventListener("keydown", (event) => {
    const last = columns.length - 1;
    const to = {
      ArrowLeft: at < 0 ? last : Math.max(0, at - 1),
      ArrowRight: at < 0 ? last : Math.min(last, at + 1),
      Home: 0,
      End: last,
      Escape: -1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show(to);
  });
}
