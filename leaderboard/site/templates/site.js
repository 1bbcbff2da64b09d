"use strict";
// Sorts and filters the tables that ask for it, and keeps what was chosen in the address; the page is whole without it.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const status = document.getElementById("status");
  const chosen = () => new URLSearchParams(location.hash.slice(1));
  const keep = (name, value) => {
    const next = chosen();
    for (const [key, old] of [...next]) if (!old) next.delete(key);
    if (value) next.set(name, value);
    else next.delete(name);
    history.replaceState(null, "", `#${next}`);
  };

  const other = { ascending: "descending", descending: "ascending" };
  const sort = (table, head, order) => {
    const numeric = head.classList.contains("n");
    const key = (row) => {
      const cell = row.cells[head.cellIndex];
      const raw = cell.dataset.v ?? cell.textContent.trim();
      return raw === "" ? null : numeric ? Number(raw) : raw;
    };
    const sign = order === "ascending" ? 1 : -1;
    const rows = [...table.tBodies[0].rows].map((row) => [key(row), row]);
    // Undefined values stay last whichever way.
    rows.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null);
      return sign * (numeric ? a - b : a.localeCompare(b));
    });
    table.tBodies[0].append(...rows.map(([, row]) => row));
    all("[aria-sort]", table).forEach((each) => each.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", order);
  };

  all("table.sortable").forEach((table, place) => {
    const name = `sort${place || ""}`;
    const [wanted, direction] = (chosen().get(name) ?? "").split(".");
    for (const head of table.tHead.rows[0].cells) {
      if ("fixed" in head.dataset) continue;
      const id = head.dataset.key ?? String(head.cellIndex);
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const first = head.dataset.first ?? (head.classList.contains("n") ? "descending" : "ascending");
        const order = other[head.getAttribute("aria-sort")] ?? first;
        sort(table, head, order);
        keep(name, `${id}.${order}`);
        status.textContent = `Sorted by ${head.textContent}, ${order}`;
      });
      if (id === wanted && direction in other) sort(table, head, direction);
    }
  });

  for (const form of all("form.filters")) {
    const controls = [...form.elements].filter((one) => one.name);
    const output = form.querySelector("output");
    const show = (k) => {
      for (const table of all("table").filter((one) => one.querySelector("th[data-k]"))) {
        const there = table.querySelector(`th[data-k="${k}"]`) ? k : "1";
        table.className = table.className.replace(/ k\d*\b/g, "") + (k ? ` k k${there}` : "");
      }
    };
    const fits = (row, { name, value }) => {
      if (name !== "q") return (row.dataset[name] ?? "").split(" ").includes(value);
      const text = (row.dataset.q ?? row.querySelector("th").textContent).toLowerCase();
      return value.toLowerCase().split(/\s+/).every((word) => text.includes(word));
    };
    const apply = () => {
      const active = controls.filter((one) => one.value && one.type !== "radio" && (one.type !== "checkbox" || one.checked));
      const rows = all("table.filterable tbody tr");
      for (const row of rows) row.hidden = !active.every((one) => fits(row, one));
      output.textContent = active.length ? `${rows.filter((row) => !row.hidden).length} of ${rows.length} rows shown` : "";
      const k = controls.find((one) => one.name === "k" && one.checked);
      if (k) show(k.value);
    };
    for (const one of controls) {
      const given = chosen().get(one.name);
      if (given === null) continue;
      if (one.type === "radio" || one.type === "checkbox") one.checked = one.value === given || (given === "all" && !one.value);
      else one.value = given;
    }
    form.addEventListener("input", ({ target }) => {
      const { name, type, value, checked } = target;
      keep(name, type === "radio" ? value || "all" : type === "checkbox" ? checked && value : value.trim());
      apply();
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
    apply();
  }
  // A link to the same page with other choices, put into the address bar.
  addEventListener("hashchange", () => location.hash.includes("=") && location.reload());
})();
