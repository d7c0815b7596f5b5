"use strict";
// A record as a form, drawn from what the server says of its fields; each change is handed on as one edit.
var mscForm = (() => {
  const { element } = mscLive;
  let ids = 0;

  function draw(group, change) {
    const top = element("div", { className: "live-group" });
    fill(top, group, change);
    return top;
  }

  function fill(holder, group, change) {
    for (const entry of group.entries) holder.append(field(entry, change));
    if (group.addable.length) holder.append(adder(group, change));
    for (const inner of group.groups) holder.append(part(inner, change));
  }

  function part(group, change) {
    const details = element("details", { "data-part": JSON.stringify(group.path) }, element("summary", {}, group.title));
    if (group.help) details.append(element("p", { className: "help" }, group.help));
    fill(details, group, change);
    return details;
  }

  function field(entry, change) {
    const id = `live-field-${(ids += 1)}`;
    const input = control(entry);
    Object.assign(input, { id, value: Array.isArray(entry.value) ? entry.value.join("\n") : entry.value });
    input.setAttribute("aria-describedby", `${id}-help ${id}-problems`);
    input.dataset.field = entry.field;
    input.onchange = () => change(entry, typed(entry, input));
    const remove = element("button", { type: "button", "aria-label": `Remove ${entry.label}` }, "Remove");
    remove.onclick = () => change(entry, null);
    const hint = entry.kind === "list" ? `${entry.help} One a line.` : entry.help;
    return element(
      "div", { className: "live-field" }, element("label", { htmlFor: id }, entry.label), input, remove,
      element("p", { id: `${id}-help`, className: "help" }, hint),
      element("div", { id: `${id}-problems`, className: "live-said" }),
    );
  }

  function control(entry) {
    if (entry.kind === "choice") {
      const words = entry.choices.includes(entry.value) ? entry.choices : [entry.value, ...entry.choices];
      return element("select", {}, ...words.map((word) => element("option", { value: word }, word || "choose …")));
    }
    if (entry.kind === "list") return element("textarea", { rows: Math.max(2, entry.value.length) });
    if (entry.kind === "text" && (entry.value.length > 60 || entry.label.endsWith("note"))) {
      return element("textarea", { rows: 3 });
    }
    const mode = { count: "numeric", number: "decimal" }[entry.kind] || "text";
    return element("input", { type: "text", inputMode: mode, autocomplete: "off" });
  }

  function typed(entry, input) {
    if (entry.kind !== "list") return input.value.trim() || null;
    const items = input.value.split("\n").map((item) => item.trim()).filter(Boolean);
    return items.length ? items : null;
  }

  function adder(group, change) {
    const id = `live-add-${(ids += 1)}`;
    const select = element("select", { id }, ...group.addable.map((entry, at) => element(
      "option", { value: at, title: entry.help }, entry.label,
    )));
    const button = element("button", { type: "button", "aria-label": `Add to ${group.title}` }, "Add");
    const holder = element(
      "div", { className: "live-adder" }, element("label", { htmlFor: id }, "Add"), select, button,
    );
    select.dataset.field = `add ${group.title}`;
    button.onclick = () => {
      const added = field(group.addable[select.value], change);
      holder.before(added);
      added.querySelector("input, select, textarea").focus();
    };
    return holder;
  }

  // What is wrong stands below the field that it is about; for the others the list above has to do.
  function say(form, problems) {
    for (const input of form.querySelectorAll("[data-field]")) {
      const about = problems.filter((problem) => problem.field === input.dataset.field);
      const said = document.getElementById(`${input.id}-problems`);
      if (!said) continue;
      said.replaceChildren(...about.flatMap((problem) => mscLive.problemText(problem)));
      if (about.some((problem) => problem.severity === "error")) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
      for (let at = about.length && input.closest("details"); at; at = at.parentElement.closest("details")) at.open = true;
    }
  }

  function shape(group) {
    return [group.path, group.title, group.entries.map((entry) => [entry.field, entry.choices]), group.groups.map(shape)];
  }

  return { draw, say, shape: (group) => JSON.stringify(shape(group)) };
})();
