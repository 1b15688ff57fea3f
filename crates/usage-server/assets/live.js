// Reports as they come. Without this script the newest are in the page, and the link beside leads to all.
const box = document.querySelector("[data-live]");
if (box && "EventSource" in window) {
  const list = box.querySelector("ol");
  const state = box.querySelector("[data-state]");
  const button = box.querySelector("button");
  const most = Number(box.dataset.most);
  let paused = false;
  let waiting = [];
  let missed = 0;
  let source = null;

  const element = (name, className, text) => {
    const one = document.createElement(name);
    if (className) one.className = className;
    one.textContent = text;
    return one;
  };
  const row = (line) => {
    const item = document.createElement("li");
    const time = element("time", "", line.clock);
    time.dateTime = line.at;
    const link = document.createElement("a");
    link.href = `${box.dataset.reports}?before=${line.below}`;
    link.append(time);
    item.append(link, element("span", `kind ${line.kind}`, line.kind), element("span", "product", line.product));
    item.append(element("span", "sender", line.sender ?? ""), element("span", "note", line.organization ?? ""));
    return item;
  };
  const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, "\u202f");
  const told = (n) => `${grouped(n)} more ${n === 1 ? "report" : "reports"}`;
  const say = () => {
    const many = waiting.length + missed;
    if (paused) state.textContent = many ? `Paused. ${told(many)} came since.` : "Paused.";
    else state.textContent = missed ? `Live. ${told(missed)} came at once and aren’t shown.` : "Live.";
  };
  const show = (lines) => {
    list.prepend(...lines.map(row));
    while (list.children.length > most) list.lastElementChild.remove();
    box.querySelector("[data-none]")?.remove();
  };
  const look = () => {
    source = new EventSource(box.dataset.live);
    source.onopen = say;
    source.onmessage = (event) => {
      const { lines, more } = JSON.parse(event.data);
      missed = paused ? missed + more : more;
      if (paused) {
        missed += Math.max(0, waiting.length + lines.length - most);
        waiting = [...lines, ...waiting].slice(0, most);
      } else show(lines);
      say();
    };
    source.onerror = () => {
      const ended = source.readyState === EventSource.CLOSED;
      state.textContent = ended ? "Not live any more. Reload the page to look again." : "Connecting again…";
      if (ended) button.hidden = true;
    };
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    paused = !paused;
    button.textContent = paused ? "Go on" : "Pause";
    if (!paused) {
      show(waiting);
      waiting = [];
      missed = 0;
    }
    say();
  });
  // Nobody looks at a page that isn't seen.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) source?.close();
    else if (source?.readyState === EventSource.CLOSED && !button.hidden) look();
  });
  look();
}
