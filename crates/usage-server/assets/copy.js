// Buttons that copy a field, for comfort: they show only where this script runs.
for (const button of document.querySelectorAll("button[data-copies]")) {
  const field = document.getElementById(button.dataset.copies);
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      // Only secure pages have a clipboard; the older way has gone nowhere yet.
      document.execCommand("copy");
    }
    button.textContent = "Copied";
  });
}
