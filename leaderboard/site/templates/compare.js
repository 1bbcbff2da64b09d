"use strict";
// Compares two runs of a board by their passes on every task; formulas: leaderboard/metrics/churn.py.
self.evalrunMatrix = (text) => {
  const boards = JSON.parse(text);
  const get = (id) => document.getElementById(id);
  const picks = ["on", "a", "b"].map(get);
  const [on, a, b] = picks;
  const board = () => boards.find((one) => one.id === on.value);

  // Python rounds exact halves to even digits, JavaScript up.
  const round = (x, form, digits) => {
    const long = x[form](digits + 1);
    return ((x * 1024) % 1 === 0 && +long === x && /[02468]5$/.test(long) ? x * (1 - 1e-9) : x)[form](digits);
  };
  const percent = (x) => `${round(100 * x, "toFixed", 1)} %`;
  // Neumaier's sum: the order of tasks leaves no trace.
  const mean = (rows, value) => {
    let sum = 0, rest = 0;
    for (const row of rows) {
      const x = value(row), next = sum + x;
      rest += sum >= x ? sum - next + x : x - next + sum;
      sum = next;
    }
    return (sum + rest) / rows.length;
  };
  const mcnemar = (broken, fixed) => {
    let term = 1n, tail = 1n;
    const flips = BigInt(broken + fixed);
    for (let i = 1n; i <= broken && i <= fixed; i++) tail += term = (term * (flips - i + 1n)) / i;
    return Math.min(1, Number((tail << 81n) >> flips) / 2 ** 80);
  };

  const show = () => {
    const { runs, tasks, roots, n, test, p: known } = board();
    const [old, young] = [a, b].map((pick) => pick.selectedIndex);
    const cell = (run, i) => {
      const sign = runs[run].cells.charCodeAt(i);
      return sign === 32 ? [0, 0] : runs[run].odd[i] ?? [sign - 48, n.charCodeAt(i) - 48];
    };
    const rows = tasks.map(([name, href], i) => {
      const [c, n] = cell(old, i), [d, m] = cell(young, i);
      return { name, href, root: roots?.[i] ?? i, c, n, d, m, p: c / n, q: d / m };
    }).filter((row) => row.n && row.m);
    const count = rows.length;
    const single = rows.every((row) => row.n * row.m === 1);
    let at = 0;
    [({ p, q }) => p * q, ({ p, d, m }) => p * ((m - d) / m), ({ c, n, q }) => ((n - c) / n) * q, ({ p, q }) => (1 - p) * (1 - q)].forEach((value, i) => {
      const share = mean(rows, value) || 0;
      document.querySelectorAll("[data-cell]")[i].textContent = count ? percent(share) + (single ? ` (${Math.round(share * count)})` : "") : "—";
      const part = document.querySelectorAll(".flips rect")[i];
      part.setAttribute("x", 100 * at);
      part.setAttribute("width", 100 * share);
      at += share;
    });

    const moved = [rows.filter((row) => row.q < row.p), rows.filter((row) => row.q > row.p)];
    moved.forEach((list, side) => {
      get(`moved${side}`).replaceChildren(...list.sort((x, y) => Math.abs(y.q - y.p) - Math.abs(x.q - x.p)).map((row) => {
        const item = document.createElement("li"), link = document.createElement("a");
        link.href = row.href;
        link.textContent = row.name;
        item.append(link, ` ${row.c}/${row.n} → ${row.d}/${row.m}`);
        return item;
      }));
    });
    // Single samples of independent tasks are tested here, all others were by the board.
    const free = single && new Set(rows.map((row) => row.root)).size === count;
    const p = free ? mcnemar(moved[0].length, moved[1].length) : known[Math.min(old, young)]?.[Math.abs(old - young) - 1];
    const before = mean(rows, (row) => row.p), after = mean(rows, (row) => row.q);
    const size = round(100 * Math.abs(after - before), "toFixed", 1);
    let words = `${moved[0].length} broken, ${moved[1].length} fixed: ${percent(before)} → ${percent(after)}, ${size > 0 ? (after > before ? "+" : "−") : ""}${size} points`;
    if (p >= 0) {
      words += `, ${p < 0.05 ? "more than chance explains" : "which could be chance"} (${free ? "exact McNemar" : test}, p ${p < 0.001 ? "< 0.001" : `= ${p < 0.1 ? +round(p, "toPrecision", 2) : round(p, "toFixed", 2)}`})`;
    }
    get("verdict").textContent = count ? `${words}.` : "No task that both have scored.";
    const noisy = rows.filter((row) => row.n > 1 && row.m > 1), churn = (c, n) => (c * (n - c)) / (n * (n - 1));
    const floor = mean(noisy, ({ c, n, d, m }) => (churn(c, n) + churn(d, m)) / 2);
    get("about").textContent = `${count} tasks compared, ${tasks.length - count} left out.${floor >= 0 ? ` Sampling alone would break ${percent(floor)}.` : ""}`;
    history.replaceState(null, "", `#${new URLSearchParams(picks.map((pick) => [pick.id, pick.value]))}`);
  };
  const fill = (wanted) =>
    [a, b].forEach((pick, i) => {
      pick.replaceChildren(...board().runs.map((run) => new Option(run.label, run.id)));
      pick.value = wanted[i];
      if (!pick.value) pick.selectedIndex = 1 - i;
    });

  const asked = new URLSearchParams(location.hash.slice(1));
  on.value = asked.get("on");
  if (!on.value) on.selectedIndex = 0;
  fill([asked.get("a"), asked.get("b")]);
  on.onchange = () => fill([a.value, b.value]);
  get("swap").onclick = () => ([a.value, b.value] = [b.value, a.value]);
  get("pair").onchange = get("pair").onclick = show;
  get("unscripted").hidden = true;
  get("result").hidden = false;
  show();
};
