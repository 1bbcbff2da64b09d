"use strict";
// Makes the column heads of every table that asks for it into buttons that sort; the page is whole without it.
(() => {
  const status = document.getElementById("status");
  const key = (row, column, numeric) => {
    const cell = row.cells[column];
    const raw = cell.dataset.v ?? cell.textContent.trim();
    return numeric ? (raw === "" ? NaN : Number(raw)) : raw;
  };
  const compare = (a, b, numeric) => (numeric ? a - b : a.localeCompare(b));
  const missing = (value) => value === "" || Number.isNaN(value);
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    const body = table.tBodies[0];
    heads.forEach((head, column) => {
      if ("fixed" in head.dataset) return;
      const numeric = head.classList.contains("n");
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const first = head.dataset.first ?? (numeric ? "descending" : "ascending");
        const other = first === "descending" ? "ascending" : "descending";
        const order = head.getAttribute("aria-sort") === first ? other : first;
        const sign = order === "ascending" ? 1 : -1;
        const rows = [...body.rows].map((row) => [key(row, column, numeric), row]);
        rows.sort(([a], [b]) => missing(a) - missing(b) || (missing(a) ? 0 : sign * compare(a, b, numeric)));
        body.append(...rows.map(([, row]) => row));
        heads.forEach((each) => each.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", order);
        status.textContent = `Sorted by ${head.textContent}, ${order}`;
      });
    });
  }
})();
