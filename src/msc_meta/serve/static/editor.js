"use strict";
// The editor of one record: form and text are two views of one draft, which the server checks after every change.
(() => {
  const { ask, element } = mscLive;
  const [dialog, form, text, yaml, lines, diff, message, checks, changed, review, back, save] = [
    "editor", "form", "text", "yaml", "lines", "diff", "message", "checks", "change", "review", "back", "save",
  ].map((name) => document.getElementById(`live-${name}`));
  const tabs = [document.getElementById("live-tab-form"), document.getElementById("live-tab-text")];
  let draft = null; // what the server said last of the record
  let shape = "";
  let queue = Promise.resolve();
  let typing = 0;

  async function edit(file, line = 0) {
    try {
      draft = await ask(`record?file=${encodeURIComponent(file)}`);
    } catch (error) {
      draft = { file, text: "", form: null, problems: error.said?.problems || [], diff: [], refused: error.message };
    }
    document.getElementById("live-editor-title").textContent = file;
    tell(draft.refused || "");
    shape = "";
    yaml.value = draft.text;
    choose(line || !draft.form ? 1 : 0);
    if (!dialog.open) dialog.showModal();
    document.getElementById("live-editor-title").focus();
    if (line) goTo(line);
  }

  function tell(what, ...more) {
    message.replaceChildren(...(what ? [element("p", {}, what), ...more] : []));
  }

  function show() {
    const errors = draft.problems.filter((problem) => problem.severity === "error").length;
    checks.replaceChildren();
    if (draft.problems.length) {
      checks.append(element("ul", { className: "live-list" }, ...draft.problems.map(checkItem)));
    }
    const count = draft.diff.filter(([old, now]) => (old === null) !== (now === null)).length;
    const wrong = errors ? `${errors} ${errors === 1 ? "error" : "errors"}.` : "";
    changed.textContent = `${count ? `${count} lines differ from the file.` : "No change yet."} ${wrong}`.trim();
    review.disabled = save.disabled = !count;
    if (form.hidden === false) showForm();
    numberLines();
  }

  function checkItem(problem) {
    const where = element("button", { type: "button" }, problem.line ? `line ${problem.line}` : "file");
    where.setAttribute("aria-label", `${problem.severity}, go to line ${problem.line || 1}`);
    where.onclick = () => {
      leaveDiff();
      choose(1);
      goTo(problem.line || 1);
    };
    const head = element("p", { className: "live-where" }, element("strong", {}, problem.severity), " ", where);
    return element("li", { className: `live-problem ${problem.severity}` }, head, ...mscLive.problemText(problem));
  }

  function showForm() {
    if (!draft.form) {
      shape = "";
      form.replaceChildren(element("p", {}, "The text can not be read as a record; mend it under YAML text first."));
      return;
    }
    const now = mscForm.shape(draft.form);
    if (now !== shape) {
      const held = document.activeElement?.dataset?.field;
      const half = form.contains(document.activeElement) ? document.activeElement.value : undefined;
      const open = [...form.querySelectorAll("details[open]")].map((part) => part.dataset.part);
      form.replaceChildren(mscForm.draw(draft.form, change));
      for (const part of form.querySelectorAll("details")) part.open = open.includes(part.dataset.part);
      const again = held && [...form.querySelectorAll("[data-field]")].find((one) => one.dataset.field === held);
      if (again) {
        again.focus();
        if (half !== undefined && again.matches("input, textarea")) again.value = half;
      }
      shape = now;
    }
    mscForm.say(form, draft.problems);
  }

  function change(entry, value) {
    send(() => ({ file: draft.file, text: draft.text, edits: [{ path: entry.path, value }] }), true);
  }

  // One change after the other, each on the text that the one before left.
  function send(body, whole) {
    queue = queue.then(async () => {
      try {
        const sha256 = draft.sha256;
        const said = await ask("draft", body());
        draft = { ...said, sha256 };
        if (whole) yaml.value = draft.text;
        tell("");
      } catch (error) {
        tell(error.message);
        shape = ""; // the form shows the draft again
      }
      show();
    });
    return queue;
  }

  function choose(at) {
    tabs.forEach((tab, number) => {
      tab.setAttribute("aria-selected", String(number === at));
      tab.tabIndex = number === at ? 0 : -1;
    });
    form.hidden = at !== 0;
    text.hidden = at !== 1;
    leaveDiff();
    show();
  }

  function showDiff() {
    const rows = draft.diff.map(([old, now, line]) => {
      const kind = old === null && now === null ? "gap" : old === null ? "added" : now === null ? "removed" : "same";
      const sign = { gap: "⋯", added: "+", removed: "−", same: "" }[kind];
      return element(
        "tr", { className: `live-${kind}` }, element("td", {}, old ?? ""), element("td", {}, now ?? ""),
        element("td", {}, sign), element("td", {}, line),
      );
    });
    const heads = ["Line before", "Line after", "Change", "Text"].map((name) => element("th", { scope: "col" }, name));
    const table = element(
      "table", {}, element("caption", {}, `What saving changes in ${draft.file}`),
      element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows),
    );
    diff.replaceChildren(element("div", { className: "live-scroll", tabIndex: 0, role: "group", ariaLabel: "Change" }, table));
    atDiff(true);
    save.focus();
  }

  function atDiff(on) {
    diff.hidden = review.hidden = !on;
    back.hidden = save.hidden = !on;
    review.hidden = on;
    dialog.classList.toggle("live-reviewing", on);
  }

  function leaveDiff() {
    atDiff(false);
  }

  async function write() {
    await queue;
    try {
      await ask("save", { file: draft.file, text: draft.text, sha256: draft.sha256 });
    } catch (error) {
      const again = element("button", { type: "button" }, "Load the file again, without my change");
      again.onclick = () => edit(draft.file);
      tell(error.message, ...(error.status === 409 ? [again] : []));
      if (error.said?.problems) draft.problems = error.said.problems;
      show();
      return;
    }
    draft.diff = [];
    close();
  }

  function close() {
    if (draft?.diff.length && !confirm(`Leave ${draft.file} without saving the change?`)) return;
    draft = null;
    dialog.close();
    mscLive.closed();
  }

  function numberLines() {
    const wrong = new Map(draft.problems.map((problem) => [problem.line, problem.severity]));
    const count = yaml.value.split("\n").length;
    lines.replaceChildren(...Array.from({ length: count }, (_, at) => element(
      "div", { className: wrong.get(at + 1) ? `live-${wrong.get(at + 1)}` : "" }, String(at + 1),
    )));
    lines.scrollTop = yaml.scrollTop;
  }

  function goTo(line) {
    const before = yaml.value.split("\n").slice(0, line - 1);
    const start = before.reduce((sum, one) => sum + one.length + 1, 0);
    const end = yaml.value.indexOf("\n", start);
    yaml.focus();
    yaml.setSelectionRange(start, end < 0 ? yaml.value.length : end);
    yaml.scrollTop = Math.max(0, (line - 5) * (yaml.scrollHeight / yaml.value.split("\n").length));
    yaml.scrollLeft = 0;
  }

  yaml.oninput = () => {
    clearTimeout(typing);
    typing = setTimeout(sendText, 250);
    numberLines();
  };
  yaml.onscroll = () => { lines.scrollTop = yaml.scrollTop; };
  function sendText() {
    clearTimeout(typing);
    typing = 0;
    return send(() => ({ file: draft.file, text: yaml.value }), false);
  }
  tabs.forEach((tab, at) => {
    tab.onclick = async () => {
      if (typing) await sendText();
      choose(at);
    };
    tab.onkeydown = (event) => {
      if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
      tabs[1 - at].focus();
      tabs[1 - at].click();
    };
  });
  review.onclick = async () => {
    if (typing) await sendText();
    await queue;
    if (draft.diff.length) showDiff();
  };
  back.onclick = () => { leaveDiff(); review.focus(); };
  save.onclick = write;
  document.getElementById("live-close").onclick = close;
  dialog.oncancel = (event) => { event.preventDefault(); close(); };
  addEventListener("beforeunload", (event) => { if (draft?.diff.length) event.preventDefault(); });
  mscLive.edit = edit;
  mscLive.changedOutside = () => {
    if (draft && !message.textContent) tell("A record was saved meanwhile; the page is drawn again when you close this.");
  };
})();
