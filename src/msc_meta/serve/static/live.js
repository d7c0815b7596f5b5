"use strict";
// Follows the server: draws the page again when it has a newer one, and says what is wrong with the records.
var mscLive = (() => {
  const section = document.getElementById("live");
  const version = Number(section.dataset.version);
  const status = document.getElementById("live-status");
  const PLACE = "msc-meta-place";
  let waiting = false; // a newer page is there, and the editor is open

  function element(name, properties = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(properties)) {
      if (key in made) made[key] = value;
      else made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }

  async function ask(path, body) {
    const sent = body && {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
    };
    const answer = await fetch(`api/${path}`, { cache: "no-store", ...sent });
    const type = answer.headers.get("content-type") || "";
    const said = type.includes("json") ? await answer.json() : { error: (await answer.text()).trim() };
    if (!answer.ok) throw Object.assign(new Error(said.error), { status: answer.status, said });
    return said;
  }

  function problemText(problem) {
    const text = element("p", {}, element("code", {}, problem.code), " ");
    if (problem.field) text.append(element("code", {}, problem.field), " ");
    text.append(problem.message);
    return problem.help ? [text, element("p", { className: "help" }, problem.help)] : [text];
  }

  function problemItem(problem) {
    const where = `${problem.file || problem.path}${problem.line ? `, line ${problem.line}` : ""}`;
    const head = element("p", { className: "live-where" }, element("strong", {}, problem.severity), ` ${where} `);
    if (mscLive.records.includes(problem.file)) {
      const button = element("button", { type: "button", "aria-label": `Edit ${where}` }, "Edit");
      button.onclick = () => mscLive.edit(problem.file, problem.line);
      head.append(button);
    }
    return element("li", { className: `live-problem ${problem.severity}` }, head, ...problemText(problem));
  }

  function showProblems(problems) {
    const holder = document.getElementById("live-problems");
    const open = holder.querySelector("details")?.open;
    holder.replaceChildren();
    const errors = problems.filter((problem) => problem.severity === "error");
    const warnings = problems.filter((problem) => problem.severity !== "error");
    if (errors.length) holder.append(element("ul", { className: "live-list" }, ...errors.map(problemItem)));
    if (warnings.length) {
      const summary = element("summary", {}, `${warnings.length} ${warnings.length === 1 ? "warning" : "warnings"}`);
      const list = element("ul", { className: "live-list" }, ...warnings.map(problemItem));
      holder.append(element("details", { open: Boolean(open) }, summary, list));
    }
  }

  // Beside each record of the page: what is wrong with it, and a way to mend it.
  function showBeside(problems, current) {
    for (const old of document.querySelectorAll(".live-beside")) old.remove();
    for (const old of document.querySelectorAll(".live-marked")) old.classList.remove("live-marked");
    for (const record of document.querySelectorAll("details.record")) {
      const file = record.querySelector("summary .file")?.textContent;
      if (!mscLive.records.includes(file)) continue;
      const found = problems.filter((problem) => problem.file === file);
      const button = element("button", { type: "button", "aria-label": `Edit ${file}` }, "Edit");
      button.onclick = () => mscLive.edit(file);
      const beside = element("div", { className: "live-beside" }, button);
      if (found.length) beside.append(element("ul", { className: "live-list" }, ...found.map(problemItem)));
      record.querySelector("summary").after(beside);
      for (const problem of current ? found : []) {
        document.getElementById(`${record.id}-${problem.line}`)?.classList.add("live-marked");
      }
    }
  }

  function showRecords(records) {
    mscLive.records = records;
    const select = document.getElementById("live-record");
    const chosen = select.value;
    select.replaceChildren(...records.map((name) => element("option", { value: name }, name)));
    if (records.includes(chosen)) select.value = chosen;
    document.getElementById("live-choose").hidden = !records.length;
  }

  function show(news) {
    if (news.page !== version) {
      redraw();
      return;
    }
    showRecords(news.records);
    section.classList.toggle("live-stale", Boolean(news.notice));
    const again = sessionStorage.getItem("msc-meta-redrawn");
    sessionStorage.removeItem("msc-meta-redrawn");
    status.textContent = news.notice || (again ? `Drawn again at ${again}.` : "Follows every save.");
    showProblems(news.problems);
    showBeside(news.problems, !news.notice);
  }

  function redraw() {
    if (document.getElementById("live-editor").open) {
      waiting = true;
      mscLive.changedOutside?.();
      return;
    }
    keepPlace();
    sessionStorage.setItem("msc-meta-redrawn", new Date().toTimeString().slice(0, 8));
    location.reload();
  }

  // The page is loaded anew; what was open and what stood at the top of the window stay.
  function keepPlace() {
    const marks = [...document.querySelectorAll("main > section[id]:not(#live), main [id] table[id], figure[id], .record")];
    const above = marks.filter((one) => one.offsetParent !== null && one.getBoundingClientRect().top <= 80);
    const top = above.at(-1);
    const place = {
      open: [...document.querySelectorAll("details[open]")].map(nameOf),
      closed: [...document.querySelectorAll("details:not([open])")].map(nameOf),
      mark: top?.id, offset: top?.getBoundingClientRect().top, y: scrollY, focus: document.activeElement?.id,
    };
    sessionStorage.setItem(PLACE, JSON.stringify(place));
  }

  function nameOf(details) {
    const near = details.id || `${details.closest("[id]")?.id} ${details.querySelector("summary")?.textContent}`;
    return near.trim();
  }

  function restorePlace() {
    const kept = sessionStorage.getItem(PLACE);
    if (!kept) return;
    sessionStorage.removeItem(PLACE);
    const place = JSON.parse(kept);
    history.scrollRestoration = "manual";
    for (const details of document.querySelectorAll("details")) {
      if (place.open.includes(nameOf(details))) details.open = true;
      else if (place.closed.includes(nameOf(details))) details.open = false;
    }
    const mark = place.mark && document.getElementById(place.mark);
    const y = mark ? scrollY + mark.getBoundingClientRect().top - place.offset : place.y;
    scrollTo({ top: y, behavior: "instant" });
    document.getElementById(place.focus)?.focus({ preventScroll: true });
  }

  async function follow() {
    let since = "";
    for (;;) {
      try {
        const news = await ask(`news?since=${since}`);
        if (String(news.version) !== since) show(news);
        since = String(news.version);
      } catch {
        since = "";
        status.textContent = "The server has ended. Start msc-meta serve again, and open the address that it prints.";
        section.classList.add("live-stale");
        await new Promise((done) => setTimeout(done, 2000));
      }
    }
  }

  addEventListener("load", () => {
    restorePlace();
    follow();
  });
  document.getElementById("live-edit").onclick = () => mscLive.edit(document.getElementById("live-record").value);
  return { ask, element, problemText, records: [], closed: () => waiting && redraw() };
})();
