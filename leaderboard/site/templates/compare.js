"use strict";
// Compares two runs of a board by their passes on every task; formulas: leaderboard/metrics/flips.py.
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
  const hundredth = (x) => round(100 * x, "toFixed", 1);
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

  const cell = (run, i, n) => {
    const sign = run.cells.charCodeAt(i);
    return sign === 32 ? [0, 0] : run.odd[i] ?? [sign - 48, n];
  };
  const show = () => {
    const { runs, tasks, roots, n: most } = board();
    const [old, young] = [a, b].map((pick) => runs.find((run) => run.id === pick.value));
    const rows = tasks.map(([name, href], i) => {
      const [c, n] = cell(old, i, most.charCodeAt(i) - 48), [d, m] = cell(young, i, most.charCodeAt(i) - 48);
      return { name, href, root: roots?.[i] ?? i, c, n, d, m, p: c / n, q: d / m };
    }).filter((row) => row.n && row.m);
    const count = rows.length;
    const single = rows.every((row) => row.n * row.m === 1);
    const shares = [({ p, q }) => p * q, ({ p, d, m }) => p * ((m - d) / m), ({ c, n, q }) => ((n - c) / n) * q].map((one) => mean(rows, one));
    const before = mean(rows, (row) => row.p), after = mean(rows, (row) => row.q), net = after - before;
    shares.push(mean(rows, ({ p, q }) => (1 - p) * (1 - q)));
    let at = 0;
    shares.forEach((share, i) => {
      const words = `${hundredth(share)} %${single ? ` (${Math.round(share * count)})` : ""}`;
      document.querySelectorAll("[data-cell]")[i].textContent = count ? words : "—";
      const part = document.querySelectorAll(".flips rect")[i];
      part.setAttribute("x", 100 * at || 0);
      part.setAttribute("width", 100 * share || 0);
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
    const size = hundredth(Math.abs(net)), change = (size > 0 ? (net > 0 ? "+" : "−") : "") + size;
    let reading = "";
    if (single && new Set(rows.map((row) => row.root)).size === count) {
      const p = mcnemar(moved[0].length, moved[1].length);
      const shown = p < 0.001 ? "< 0.001" : `= ${p < 0.1 ? +round(p, "toPrecision", 2) : round(p, "toFixed", 2)}`;
      reading = `${p < 0.05 ? ", more than chance explains" : ", which could be chance"} (exact McNemar, p ${shown})`;
    }
    const noisy = rows.filter((row) => row.n > 1 && row.m > 1), churn = (c, n) => (c * (n - c)) / (n * (n - 1));
    get("verdict").textContent = count
      ? `${moved[0].length} broken, ${moved[1].length} fixed: ${hundredth(before)} % → ${hundredth(after)} %, ${change} points${reading}.`
      : "No task that both have scored.";
    get("about").textContent = `${count} tasks compared, ${tasks.length - count} left out.${noisy.length ? ` Sampling alone would break ${hundredth(mean(noisy, ({ c, n, d, m }) => (churn(c, n) + churn(d, m)) / 2))} %.` : ""}`;
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
  on.onchange = () => {
    fill([a.value, b.value]);
    show();
  };
  a.onchange = b.onchange = show;
  get("swap").onclick = () => {
    [a.value, b.value] = [b.value, a.value];
    show();
  };
  get("unscripted").hidden = true;
  get("result").hidden = false;
  show();
};
