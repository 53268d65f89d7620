// Elements and words: what the page is drawn from. Texts are set as text, never as HTML.

export function el(name, given = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "class") made.className = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

const WORDS = {
  fullDay: "full day", shift: "shifts", flexible: "flexible", remote: "remote", flyInFlyOut: "rotation",
  noExperience: "no experience", between1And3: "1 to 3 years", between3And6: "3 to 6 years", moreThan6: "over 6 years",
  full: "full time", part: "part time", probation: "internship", project: "project work", volunteer: "volunteering",
};
const SIGNS = { RUR: "₽", RUB: "₽", USD: "$", EUR: "€", KZT: "₸" };
const NUMBER = new Intl.NumberFormat("en", { useGrouping: true });

export const number = (value) => NUMBER.format(value).replaceAll(",", "\u202f");
export const word = (value) => WORDS[value] ?? value;
const ACRONYMS = { als: "ALS", knn: "kNN" };
export const heuristicName = (name) => name.replace("_then_", ", then ").replaceAll("_", " ").replace(/\b(als|knn)\b/g, (one) => ACRONYMS[one]);
export const plural = (count, one) => `${number(count)} ${one}${count === 1 ? "" : "s"}`;

export function salary(facts) {
  const [low, high] = [facts["compensation.from"], facts["compensation.to"]];
  if (low == null && high == null) return null;
  const code = facts["compensation.currencyCode"];
  const sign = SIGNS[code ?? "RUR"] ?? code;
  if (low == null) return `up to ${number(high)} ${sign}`;
  return high == null ? `from ${number(low)} ${sign}` : `${number(low)}–${number(high)} ${sign}`;
}

const named = (facts, field, words) => facts[`${field}.name`] ?? (facts[`${field}.id`] == null ? null : `${words} ${facts[`${field}.id`]}`);
export const employer = (facts) => named(facts, "company", "employer");
export const area = (facts) => named(facts, "area", "area");
export const title = (id, facts) => facts?.name || id;

export function place(facts) {
  const pay = salary(facts);
  const words = [employer(facts), area(facts), facts.workSchedule && word(facts.workSchedule)].filter(Boolean);
  return el("p", { class: "place" }, pay && el("span", { class: "pay" }, pay), words.map((one) => el("span", { class: "fact" }, one)));
}

export function factsList(id, facts) {
  const region = facts["area.regionName"] ?? facts["area.regionId"];
  const rows = [
    ["salary", salary(facts) ?? "not given"], ["employer", facts["company.name"] ?? facts["company.id"]],
    ["area", facts["area.name"] ?? facts["area.id"]], ["region", region], ["schedule", word(facts.workSchedule)],
    ["experience", word(facts.workExperience)], ["employment", word(facts.employment)], ["id", id],
  ];
  return rows.filter(([, value]) => value != null).flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, String(value))]);
}

export function rankBadge(rank) {
  const kind = rank <= 3 ? "top" : rank <= 10 ? "high" : "";
  return el("span", { class: `rank ${kind}` }, el("span", { class: "hidden" }, "rank "), String(rank));
}

const KIND = (name) => (name === "lists" ? "lists-part" : name);

export function reasons(found, most = 9) {
  if (!found?.length) return null;
  return el("ul", { class: "why" }, found.slice(0, most).map((one) => el("li", { class: KIND(one.kind) }, one.text)));
}

const PARTS = {
  repeat: "own events", neighbours: "went on to it", content: "its content", id: "who met it", demand: "demand",
  lists: "plain lists", behind: "behind the first",
};

export function parts(found, score) {
  const rows = Object.entries(found).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  const most = Math.max(...rows.map(([, value]) => Math.abs(value)), 1e-9);
  const lines = rows.flatMap(([name, value]) => {
    const bar = el("b", { class: value < 0 ? "minus" : "" });
    bar.style.width = `${(100 * Math.abs(value)) / most}%`;
    return [el("span", {}, PARTS[name] ?? name), el("i", { class: KIND(name), "aria-hidden": "true" }, bar), el("span", {}, signed(value))];
  });
  return el("div", { class: "parts" }, lines, el("hr"), el("span", { class: "sum" }, "score"), el("span"), el("span", { class: "sum" }, signed(score)));
}

const signed = (value) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(2);

export function moved(before, now) {
  if (before === undefined) return el("mark", { class: "new" }, "new");
  if (before === now) return null;
  const up = before > now;
  const words = `${up ? "up" : "down"} ${Math.abs(before - now)}, was ${before}`;
  return el("mark", { class: up ? "up" : "down", title: words, "aria-label": words }, `${up ? "▲" : "▼"} ${Math.abs(before - now)}`);
}

export function card(one, { badges = [], open, why = null }) {
  const facts = one.facts ?? {};
  return el("li", { class: "card", "data-id": one.vacancy_id },
    rankBadge(one.rank),
    el("button", { type: "button", class: "open", onclick: () => open(one) }, title(one.vacancy_id, facts)),
    el("span", { class: "badges" }, badges),
    place(facts), why);
}

const DAY = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
const moment = (text) => new Date(/[zZ]|[+-]\d\d:?\d\d$/.test(text) ? text : `${text}Z`);
export const day = (text) => DAY.format(moment(text));
export const time = (text) => TIME.format(moment(text));

const ACTIONS = ["view", "favourite", "response"];

// Events from what somebody pasted; throws words for people.
export function parsed(text, now = new Date()) {
  const trimmed = text.trim();
  if (!trimmed) throw new Error("Nothing is pasted yet.");
  if (trimmed.startsWith("[") || trimmed.startsWith("{")) return json(trimmed);
  const lines = trimmed.split("\n").map((line) => line.trim()).filter(Boolean);
  return lines.map((line, place) => {
    const [id, action = "view", ...rest] = line.split(/[\s,;]+/);
    if (!ACTIONS.includes(action)) throw new Error(`Line ${place + 1}: “${action}” is none of ${ACTIONS.join(", ")}.`);
    const when = rest.length ? rest.join("T") : new Date(now - (lines.length - place) * 60000).toISOString();
    if (Number.isNaN(moment(when).getTime())) throw new Error(`Line ${place + 1}: “${rest.join(" ")}” is no time.`);
    return { vacancy_id: id, action_type: action, action_dt: when };
  });
}

function json(text) {
  let found;
  try {
    found = text.startsWith("[") ? JSON.parse(text) : text.includes("\n") && !text.includes('"events"') ? text.split("\n").filter((line) => line.trim()).map((line) => JSON.parse(line)) : JSON.parse(text);
  } catch (error) {
    throw new Error(`This is not JSON: ${error.message}`);
  }
  const events = Array.isArray(found) ? found : found.events ?? [found];
  return events.map(({ vacancy_id, action_type = "view", action_dt, session_id }, place) => {
    if (vacancy_id === undefined || action_dt === undefined) throw new Error(`Event ${place + 1}: expected vacancy_id, action_type and action_dt.`);
    const action = { 1: "response", 2: "view", 3: "favourite" }[action_type] ?? action_type;
    return { vacancy_id: String(vacancy_id), action_type: action, action_dt, ...(session_id == null ? {} : { session_id: String(session_id) }) };
  });
}
