// The page: asks the server, keeps what is shown, draws it anew.

import { card, day, el, factsList, heuristicName, moved, number, parsed, parts, place, plural, reasons, salary, time, title, word } from "./page-parts.js";

const $ = (id) => document.getElementById(id);
const K = 20;
const LABELS = { "area.regionId": "Region", workSchedule: "Schedule", workExperience: "Experience", employment: "Employment" };
const LATEST = 30;

const state = { user: null, events: [], facts: {}, where: {}, base: new Map(), answer: null, about: null, all: false };
let asked = 0;

async function call(path, body) {
  const token = sessionStorage.getItem("hhrec-token");
  const headers = { ...(body ? { "content-type": "application/json" } : {}), ...(token ? { authorization: `Bearer ${token}` } : {}) };
  const answer = await fetch(path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) });
  if (answer.status === 401) {
    await askToken();
    return call(path, body);
  }
  const found = await answer.json();
  if (answer.ok) return found;
  const detail = found.detail;
  throw new Error(Array.isArray(detail) ? detail.map((one) => `${one.loc.slice(1).join(".")}: ${one.msg}`).join("; ") : detail);
}

let waiting = null;
function askToken() {
  waiting ??= new Promise((done) => {
    const box = $("asking");
    box.addEventListener("close", () => {
      sessionStorage.setItem("hhrec-token", $("token").value);
      $("token").value = "";
      waiting = null;
      done();
    }, { once: true });
    if (!box.open) box.showModal();
  });
  return waiting;
}

const kept = () => state.events.filter((event) => !event.gone);
const changes = () => state.events.filter((event) => event.gone || event.action_type !== event.was).length;
const sent = () => kept().map(({ vacancy_id, action_type, action_dt, session_id }) => ({ vacancy_id, action_type, action_dt, ...(session_id ? { session_id } : {}) }));
const conditions = () => Object.entries(state.where).filter(([, value]) => value).map(([field, value]) => field === "pay" ? `compensation.from>=${value}` : `${field}=${value}`);

// First the list alone, then the same with reasons and the heuristic: the first is there at once.
async function ask() {
  const mine = ++asked;
  const question = { events: sent(), k: K, where: conditions(), facts: true };
  $("model").classList.add("busy");
  $("problem").hidden = true;
  try {
    for (const more of [{}, { explain: true, compare: true }]) {
      const found = await call("recommend", { ...question, ...more });
      if (mine !== asked) return;
      state.answer = found.people[0];
      state.complete = Boolean(more.compare);
      state.by = state.answer.answered_by;
      draw();
    }
    tellChange();
  } catch (error) {
    if (mine !== asked) return;
    $("problem").textContent = error.message;
    $("problem").hidden = false;
    $("status").textContent = "";
  } finally {
    if (mine === asked) $("model").classList.remove("busy");
  }
}

function tellChange() {
  const list = state.answer.vacancies;
  if (!changes() && !conditions().length) {
    state.base = new Map(list.map((one) => [one.vacancy_id, one.rank]));
    $("status").textContent = `${list.length} vacancies recommended.`;
    return;
  }
  const fresh = list.filter((one) => !state.base.has(one.vacancy_id)).length;
  const other = list.filter((one) => state.base.has(one.vacancy_id) && state.base.get(one.vacancy_id) !== one.rank).length;
  $("status").textContent = `The list changed: ${fresh} new, ${other} moved.`;
}

function draw() {
  drawHead();
  drawHistory();
  drawLists();
}

function drawHead() {
  const count = changes();
  $("name").textContent = state.user ?? "Pasted history";
  const responses = kept().filter((event) => event.action_type === "response").length;
  $("summary").textContent = `${plural(kept().length, "event")}, ${plural(responses, "response")}`;
  $("changed").hidden = !count;
  $("changed").firstElementChild.textContent = `What if: ${plural(count, "event")} changed. Arrows show how the list moved.`;
  document.title = `${state.user ?? "Pasted history"} · Explorer · hhrec`;
}

function drawHistory() {
  const newest = state.events.map((event, number) => ({ event, number })).reverse();
  const shown = state.all ? newest : newest.slice(0, LATEST);
  const lines = [];
  let before = "";
  for (const { event, number } of shown) {
    const today = day(event.action_dt);
    if (today !== before) lines.push(el("li", { class: "day" }, today));
    before = today;
    lines.push(eventLine(event, number));
  }
  const rest = newest.length - shown.length;
  if (rest) lines.push(el("li", {}, el("button", { type: "button", class: "more", onclick: () => { state.all = true; drawHistory(); } }, `Show ${plural(rest, "earlier event")}`)));
  if (!newest.length) lines.push(el("li", { class: "none" }, "Nothing is known of this person."));
  const focused = document.activeElement?.dataset?.key;
  $("history").replaceChildren(...lines);
  if (focused) document.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

function eventLine(event, number) {
  const facts = state.facts[event.vacancy_id] ?? {};
  const name = title(event.vacancy_id, facts);
  const choose = el("select", { class: event.action_type, "aria-label": `What happened to ${name} at ${time(event.action_dt)}`, disabled: event.gone, "data-key": `action-${number}`, onchange: (change) => { event.action_type = change.target.value; edited(); } },
    ["view", "favourite", "response"].map((action) => el("option", { value: action, selected: action === event.action_type }, action)));
  const drop = el("button", { type: "button", class: "drop", "data-key": `drop-${number}`, "aria-label": event.gone ? `Restore ${name}` : `Drop ${name}`, title: event.gone ? "Restore" : "Drop: what if this had not happened?", onclick: () => { event.gone = !event.gone; edited(); } }, event.gone ? "↺" : "×");
  const kind = `event ${event.gone ? "gone" : ""} ${event.gone || event.action_type !== event.was ? "edited" : ""}`;
  const line = place(facts);
  line.prepend(el("span", {}, time(event.action_dt)));
  return el("li", { class: kind, "data-id": event.vacancy_id },
    el("button", { type: "button", class: "open", onclick: () => details({ vacancy_id: event.vacancy_id, facts }) }, name),
    el("span", { class: "tools" }, choose, drop), line);
}

function edited() {
  draw();
  ask();
}

function drawLists() {
  const { vacancies, heuristic } = state.answer;
  const touched = new Map(state.events.filter((event) => !event.gone).map((event) => [event.vacancy_id, event.action_type]));
  const compared = changes() || conditions().length;
  const mine = new Map(vacancies.map((one) => [one.vacancy_id, one.rank]));
  $("by").textContent = state.by.startsWith("model") ? `by the ${state.by}` : `by ${heuristicName(state.by)}`;
  const lines = vacancies.map((one) => {
    const deed = touched.get(one.vacancy_id);
    const badges = [compared ? moved(state.base.get(one.vacancy_id), one.rank) : null, deed ? el("mark", { class: deed }, deed) : null];
    return card(one, { badges, open: details, why: reasons(one.reasons, 2) });
  });
  $("model").replaceChildren(...(lines.length ? lines : [el("li", { class: "none" }, "No vacancy meets these filters.")]));
  if (!heuristic && state.complete) {
    $("plain").replaceChildren(el("li", { class: "none" }, "No heuristic is known: nothing was held out to choose one by."));
    return;
  }
  if (!heuristic) {
    if (!$("plain").children.length) $("plain").replaceChildren(el("li", { class: "none" }, "…"));
    return;
  }
  $("plain-name").textContent = heuristicName(heuristic.name) + (conditions().length ? "; without the filters" : "");
  $("plain").replaceChildren(...heuristic.vacancies.map((one) => {
    const rank = mine.get(one.vacancy_id);
    const kind = rank === undefined ? "" : rank <= 3 ? "up" : "new";
    return card(one, { badges: [el("mark", { class: kind }, rank === undefined ? "not in the list" : `model ${rank}`)], open: details });
  }));
}

async function details(one) {
  const box = $("details");
  const listed = state.answer?.vacancies.find((other) => other.vacancy_id === one.vacancy_id);
  const plain = state.answer?.heuristic?.vacancies.find((other) => other.vacancy_id === one.vacancy_id);
  const facts = one.facts ?? {};
  $("details-name").textContent = title(one.vacancy_id, facts);
  $("details-rank").replaceChildren(el("mark", { class: listed ? "new" : "" }, listed ? `rank ${listed.rank} of the model` : `not in the first ${K}`), plain ? el("mark", {}, `rank ${plain.rank} of the heuristic`) : "");
  $("details-facts").replaceChildren(...factsList(one.vacancy_id, facts));
  const why = listed?.reasons ? [el("h3", {}, "Why"), reasons(listed.reasons)] : [];
  const sum = listed?.parts ? [el("h3", {}, "What the score is a sum of"), parts(listed.parts, listed.score)] : [];
  $("details-why").replaceChildren(...why, ...sum);
  $("details-similar").replaceChildren(el("li", { class: "none" }, "…"));
  if (!box.open) box.showModal();
  box.scrollTop = 0;
  try {
    const found = await call(`similar?k=8&vacancy_id=${encodeURIComponent(one.vacancy_id)}`);
    $("details-similar").replaceChildren(...found.vacancies.map((other) => card(other, { badges: [el("mark", {}, `${Math.round(100 * other.score)} %`)], open: details })));
  } catch (error) {
    $("details-similar").replaceChildren(el("li", { class: "none" }, error.message));
  }
}

function show(user, events, facts) {
  Object.assign(state, { user, facts, base: new Map(), answer: null, all: false, events: events.map((event) => ({ ...event, was: event.action_type })) });
  $("welcome").hidden = true;
  $("work").hidden = false;
  $("plain").replaceChildren();
  $("model").replaceChildren(el("li", { class: "none" }, "…"));
  drawHead();
  drawHistory();
  return ask();
}

async function person(user) {
  try {
    const found = await call(`people/history?user_id=${encodeURIComponent(user)}`);
    location.hash = `user=${encodeURIComponent(user)}`;
    $("person").value = "";
    await show(user, found.events, found.facts);
  } catch (error) {
    $("work").hidden = false;
    $("problem").textContent = `${user}: ${error.message}`;
    $("problem").hidden = false;
  }
}

async function pasted(events) {
  const ids = [...new Set(events.map((event) => event.vacancy_id))].slice(0, 256);
  const facts = ids.length ? await call(`vacancies?${ids.map((id) => `id=${encodeURIComponent(id)}`).join("&")}`) : {};
  history.replaceState(null, "", location.pathname);
  const sorted = [...events].sort((a, b) => new Date(a.action_dt) - new Date(b.action_dt));
  await show(null, sorted, facts);
}

// The field that finds people: a combobox with the arrow keys, Enter and Escape.
function search() {
  const field = $("person"), list = $("people");
  let active = -1, turn = 0;
  const close = () => { list.hidden = true; field.ariaExpanded = "false"; field.removeAttribute("aria-activedescendant"); active = -1; };
  const mark = (place) => {
    const options = [...list.querySelectorAll("[role=option]")];
    if (!options.length) return;
    active = (place + options.length) % options.length;
    options.forEach((option, number) => { option.ariaSelected = String(number === active); });
    field.setAttribute("aria-activedescendant", options[active].id);
    options[active].scrollIntoView({ block: "nearest" });
  };
  const look = async () => {
    const mine = ++turn;
    const found = await call(`people?q=${encodeURIComponent(field.value.trim())}`).catch(() => ({ people: [] }));
    if (mine !== turn || document.activeElement !== field) return;
    const rows = found.people.map(([user, events], place) => el("li", { role: "option", id: `option-${place}`, "aria-selected": "false", "data-user": user, onmousedown: (press) => { press.preventDefault(); close(); field.blur(); person(user); } }, el("b", {}, user), el("small", {}, plural(events, "event"))));
    list.replaceChildren(...(rows.length ? rows : [el("li", { class: "none" }, state.about?.people ? "Nobody by that id." : "Start the server with --events to look people up.")]));
    list.hidden = false;
    field.ariaExpanded = "true";
    active = -1;
  };
  field.addEventListener("input", look);
  field.addEventListener("focus", look);
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (press) => {
    if (press.key === "ArrowDown") mark(active + 1);
    else if (press.key === "ArrowUp") mark(active - 1);
    else if (press.key === "Escape") close();
    else if (press.key === "Enter") {
      const user = list.querySelectorAll("[role=option]")[active]?.dataset.user ?? field.value.trim();
      close();
      if (user) { field.blur(); person(user); }
    } else return;
    press.preventDefault();
  });
}

function tabs() {
  const buttons = [...document.querySelectorAll("[role=tab]")];
  const choose = (button) => {
    for (const one of buttons) { one.ariaSelected = String(one === button); one.tabIndex = one === button ? 0 : -1; }
    $("lists").dataset.tab = button.id.slice(4);
  };
  buttons.forEach((button, place) => {
    button.addEventListener("click", () => choose(button));
    button.addEventListener("keydown", (press) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[press.key];
      if (!step) return;
      const next = buttons[(place + step + buttons.length) % buttons.length];
      choose(next);
      next.focus();
    });
  });
  choose(buttons[0]);
}

function filters(fields) {
  const note = (field, control) => {
    state.where[field] = control.value.trim();
    control.classList.toggle("on", Boolean(control.value));
    const count = conditions().length;
    $("filtered").textContent = count ? ` · ${count} set` : "";
    ask();
  };
  const selects = Object.entries(fields).filter(([, values]) => values.length).map(([field, values]) => {
    const control = el("select", { name: field, onchange: () => note(field, control) }, el("option", { value: "" }, "any"), values.map(([value]) => el("option", { value }, word(value))));
    return el("label", {}, LABELS[field] ?? field, control);
  });
  const pay = el("input", { type: "number", min: 0, step: 5000, placeholder: "any", onchange: () => note("pay", pay) });
  if (selects.length) $("fields").replaceChildren(...selects, el("label", {}, "Salary from", pay));
  $("filters").hidden = !selects.length;
  $("fields").addEventListener("submit", (event) => event.preventDefault());
  const wide = matchMedia("(min-width: 641px)");
  const fit = () => { $("filters").open = wide.matches; $("filters").classList.toggle("wide", wide.matches); };
  wide.addEventListener("change", fit);
  fit();
}

function dialogs() {
  for (const box of document.querySelectorAll("dialog")) {
    box.addEventListener("click", (press) => { if (press.target === box && box.id !== "asking") box.close(); });
    box.querySelector("[data-close]")?.addEventListener("click", () => box.close());
  }
  $("asking").addEventListener("cancel", (event) => event.preventDefault());
  $("paste").addEventListener("click", () => { $("text-problem").hidden = true; $("pasting").showModal(); $("text").focus(); });
  $("pasting").querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const events = parsed($("text").value);
      $("pasting").close();
      await pasted(events);
    } catch (error) {
      $("text-problem").textContent = error.message;
      $("text-problem").hidden = false;
      if (!$("pasting").open) $("pasting").showModal();
    }
  });
}

function themes() {
  const wish = localStorage.getItem("hhrec-theme");
  if (wish) document.documentElement.style.colorScheme = wish;
  $("theme").addEventListener("click", () => {
    const dark = document.documentElement.style.colorScheme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    const next = dark === "dark" ? "light" : "dark";
    document.documentElement.style.colorScheme = next;
    localStorage.setItem("hhrec-theme", next);
  });
}

async function begin() {
  themes();
  tabs();
  dialogs();
  search();
  $("reset").addEventListener("click", () => { for (const event of state.events) { event.gone = false; event.action_type = event.was; } edited(); });
  window.addEventListener("hashchange", () => { const user = hashed(); if (user && user !== state.user) person(user); });
  state.about = await call("about");
  filters(state.about.fields);
  $("foot").textContent = ` · model ${state.about.model}`;
  const user = hashed();
  if (user) return person(user);
  return welcome();
}

const hashed = () => (location.hash.startsWith("#user=") ? decodeURIComponent(location.hash.slice(6)) : null);

async function welcome() {
  const { vacancies, people, model } = state.about;
  const known = people ? [" · ", el("b", {}, number(people)), " people to look up"] : [" · paste a history to begin"];
  $("about").replaceChildren(el("b", {}, number(vacancies)), " vacancies · model ", el("b", {}, model), ...known);
  $("welcome").hidden = false;
  const found = people ? await call("people") : { people: [] };
  $("examples").replaceChildren(...found.people.slice(0, 18).map(([user, events]) => el("button", { type: "button", onclick: () => person(user) }, el("b", {}, user), el("small", {}, plural(events, "event")))));
}

begin().catch((error) => { $("work").hidden = false; $("problem").textContent = error.message; $("problem").hidden = false; });
