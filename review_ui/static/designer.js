// Teaching a form: fields are drawn on the board, named beside it, kept at once, tried on examples, published.
import { Board, cellsOf, resize, round } from './designer_board.js';
import { showTried } from './designer_tried.js';

const page = document.getElementById('designer');
const words = page.dataset;
const names = JSON.parse(words.names);
const kinds = JSON.parse(words.kinds);
const allowed = JSON.parse(words.allowed);
const token = document.querySelector('meta[name="csrf"]').content;
const by = (id) => document.getElementById(id);
const CELLS = ['digits', 'date'];
const ALWAYS = ['account', 'reading'];

let state = JSON.parse(words.state);
let on = null;
let autoName = !state.form.name;
let blocked = false;
let timer = null;
let running = null;
const past = [];
let lastStep = '';

// --- keeping -----------------------------------------------------------------------------------------------

async function call(method, path, body) {
  const headers = { Accept: 'application/json', 'X-CSRF-Token': token };
  if (!(body instanceof FormData)) headers['Content-Type'] = 'application/json';
  return fetch(`/templates/drafts/${state.id}${path}`, { method, headers, body: body instanceof FormData ? body : JSON.stringify(body) });
}

function kept(text, bad = false) {
  by('kept').textContent = text;
  by('kept').classList.toggle('bad', bad);
}

/** Something was drawn or typed: keep it soon. */
function changed(step = '') {
  lastStep = step;
  clearTimeout(timer);
  timer = setTimeout(keep, 400);
  delete document.body.dataset.kept;
  by('publish').disabled = true;
}

async function keep() {
  clearTimeout(timer);
  timer = null;
  if (running) await running;
  if (blocked) return;
  kept(words.saving);
  running = (async () => {
    try {
      const answer = await call('PUT', '', { revision: state.revision, form: state.form });
      if (answer.status === 409 || answer.status === 404) {
        blocked = true;
        by('publish').disabled = true;
        kept(words.conflict, true);
      } else if (answer.ok) {
        const said = await answer.json();
        Object.assign(state, { revision: said.revision, problem: said.problem, advice: said.advice, version: said.version });
        kept(words.saved);
      } else {
        throw new Error(String(answer.status));
      }
    } catch {
      kept(words.unsaved, true);
      timer = setTimeout(keep, 3000);
    }
  })();
  await running;
  running = null;
  if (!timer) verdict();
}

/** Everything drawn is on the server. */
async function settled() {
  if (timer) await keep();
  if (running) await running;
  return !blocked && !timer;
}

window.addEventListener('beforeunload', (event) => { if (timer || running) event.preventDefault(); });

// --- taking back -------------------------------------------------------------------------------------------

/** Remember how things are before a step; keys pressed again and again are one step. */
function begin(step = '') {
  if (step && step === lastStep) return;
  past.push(JSON.stringify(state.form));
  if (past.length > 60) past.shift();
  lastStep = step;
}

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && board.cutting) cutting(false);
  if (event.key.toLowerCase() !== 'z' || !(event.ctrlKey || event.metaKey) || event.target.matches('input, select')) return;
  // Without this the browser would take back what was typed last, somewhere else on the page.
  event.preventDefault();
  const before = past.pop();
  if (!before) return;
  state.form = JSON.parse(before);
  if (!state.form.fields[on]) on = null;
  lastStep = '';
  all();
  changed();
});

// --- the board ---------------------------------------------------------------------------------------------

const short = (field) => (names[field.name] ?? '') || field.label || field.name || words.unnamed;

function label(field, place) {
  const cells = cellsOf(field).length;
  const parts = [place ? words.place : '', place ? field.label : short(field), cells ? `${cells} ${words.cells}` : kinds[field.kind] ?? ''];
  return parts.filter(Boolean).join(', ');
}

function tell(text) {
  by('told').textContent = text;
}

function select(n, edit) {
  const same = n === on;
  on = n;
  board.show(on, state.problem?.field ?? null);
  list();
  if (!same || edit) editor();
  if (edit) by('what').focus();
}

function freeName() {
  const used = new Set(state.form.fields.map((field) => field.name));
  for (let n = 1; ; n += 1) if (!used.has(`field_${n}`)) return `field_${n}`;
}

function put(field, said) {
  field.name ||= freeName();
  if (state.form.fields.some((other) => other.name === field.name)) field.name = freeName();
  state.form.fields.push(field);
  select(state.form.fields.length - 1, false);
  tell(`${short(field)}. ${said}`);
  changed();
}

function take(n) {
  begin();
  const [field] = state.form.places.splice(n, 1);
  put(field, words.taken);
  by('what').focus();
}

function drawn(box) {
  if (board.cutting) {
    cut(box);
    return;
  }
  if (box.width < 2 || box.height < 2) {
    board.show();
    return;
  }
  const inside = state.form.places.findIndex((p) => {
    const x = Math.min(p.x + p.w, box.x + box.width) - Math.max(p.x, box.x);
    const y = Math.min(p.y + p.h, box.y + box.height) - Math.max(p.y, box.y);
    return x > 0 && y > 0 && x * y > 0.7 * p.w * p.h && x * y > 0.5 * box.width * box.height;
  });
  if (inside >= 0) {
    take(inside);
    return;
  }
  begin();
  put(blank(box.x, box.y, Math.max(3, box.width), Math.max(3, box.height)), words.added);
  by('what').focus();
}

function blank(x, y, w, h) {
  const tick = w < 9 && h < 9;
  return { name: '', kind: tick ? 'tick' : 'handwriting', label: '', x: round(x), y: round(y), w: round(w), h: round(h), required: false, groups: [], gap: 0, starts: [], border: 'box', check: '', codes: 'any' };
}

function remove(n) {
  begin();
  state.form.fields.splice(n, 1);
  select(null, false);
  tell(words.removed);
  by('paper').focus({ preventScroll: true });
  changed();
}

const board = new Board(by('paper'), { select, take, drawn, begin, remove, label, short, changed: () => { numbers(); changed(lastStep); } });

function cutting(wanted) {
  board.cutting = wanted;
  by('cut').setAttribute('aria-pressed', String(wanted));
  by('hint').classList.toggle('now', wanted);
  by('hint').dataset.usual ??= by('hint').textContent;
  by('hint').textContent = wanted ? words.cut : by('hint').dataset.usual;
}

async function rework(body) {
  if (!await settled()) return;
  kept(words.saving);
  const answer = await call('POST', '/rework', { revision: state.revision, ...body });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    kept(said.message ?? words.failed, true);
    board.show();
    return;
  }
  state = said;
  past.length = 0;
  on = null;
  kept(words.saved);
  all();
}

async function cut(box) {
  cutting(false);
  await rework({ cut: [box.x, box.y, box.width, box.height] });
}

by('add').addEventListener('click', () => {
  begin();
  const { paper } = board;
  const scale = board.pixels();
  const w = Math.min(60, state.form.width / 2);
  const x = Math.max(0, (paper.scrollLeft + paper.clientWidth / 2) / scale - w / 2);
  const y = Math.max(0, (paper.scrollTop + paper.clientHeight / 2) / scale - 5);
  put(blank(Math.min(x, state.form.width - w), Math.min(y, state.form.height - 9), w, 9), words.added);
  by('what').focus();
});
by('take').addEventListener('click', () => {
  begin();
  for (const field of state.form.places.splice(0)) put(field, words.taken);
});
by('turn').addEventListener('click', () => rework({ quarters: 1 }));
by('cut').addEventListener('click', () => cutting(!board.cutting));
by('smaller').addEventListener('click', () => board.scale(1 / 1.25));
by('larger').addEventListener('click', () => board.scale(1.25));
window.addEventListener('resize', () => { board.fit(); board.show(); });

// --- the side ----------------------------------------------------------------------------------------------

function list() {
  const rows = state.form.fields.map((field, n) => {
    const row = document.createElement('li');
    const button = document.createElement('button');
    const name = document.createElement('b');
    const kind = document.createElement('span');
    button.type = 'button';
    button.setAttribute('aria-pressed', String(n === on));
    name.textContent = short(field);
    kind.className = 'k';
    const cells = cellsOf(field).length;
    kind.textContent = cells ? `${cells} ${words.cells}` : kinds[field.kind];
    if (state.problem?.field === n) row.className = 'bad';
    button.append(name, kind);
    button.addEventListener('click', () => select(n, true));
    row.append(button);
    return row;
  });
  by('fields').replaceChildren(...rows);
  by('nofields').hidden = rows.length > 0;
  by('take').disabled = !state.form.places.length;
  rows[on]?.scrollIntoView?.({ block: 'nearest' });
}

function options(into, choices, value) {
  into.replaceChildren(...choices.map(([key, text]) => new Option(text, key, false, key === value)));
}

function editor() {
  const field = state.form.fields[on];
  by('field').hidden = !field;
  if (!field) return;
  const known = field.name in names && field.name !== '';
  by('h-field').textContent = short(field);
  options(by('what'), Object.entries(names), known ? field.name : '');
  by('own').hidden = known;
  by('ownname').value = known ? '' : field.name;
  by('label').value = field.label;
  options(by('kind'), allowed[known ? field.name : ''].map((kind) => [kind, kinds[kind]]), field.kind);
  by('required').checked = field.required;
  by('required').disabled = ALWAYS.includes(field.name);
  by('cells').hidden = !CELLS.includes(field.kind) || field.starts.length > 0;
  by('split').hidden = field.kind !== 'digits' || field.groups.length < 2 || field.starts.length > 0;
  by('groups').disabled = field.kind === 'date';
  by('groups').value = (field.kind === 'date' ? [2, 2, 4] : field.groups).join(' ');
  by('gap').value = field.gap;
  by('checks').hidden = !['handwriting', 'typed'].includes(field.kind);
  by('check').value = field.check;
  by('codekinds').hidden = field.kind !== 'code';
  by('codes').value = field.codes;
  numbers();
}

function numbers() {
  const field = state.form.fields[on];
  if (field) for (const id of ['x', 'y', 'w', 'h']) by(id).value = round(field[id]);
}

/** A change in the editor: `act` changes the field at work. */
function edited(id, act, event = 'change') {
  by(id).addEventListener(event, () => {
    const field = state.form.fields[on];
    if (!field) return;
    begin();
    act(field, by(id).value);
    board.show();
    list();
    if (event === 'change') editor();
    changed();
  });
}

function setKind(field, kind) {
  field.kind = kind;
  if (kind === 'date') field.starts = field.starts.length === 8 ? field.starts : [];
  if (kind === 'digits' && !field.groups.length) field.groups = [Math.min(20, Math.max(1, Math.round(field.w / (0.8 * field.h))))];
  if (['typed', 'code'].includes(kind)) field.border = 'none';
}

edited('what', (field, name) => {
  field.name = name || freeName();
  if (name && !field.label) field.label = names[name];
  if (ALWAYS.includes(name)) field.required = true;
  const may = allowed[name];
  if (!may.includes(field.kind)) {
    const fitting = may.filter((kind) => CELLS.includes(kind) === field.groups.length > 0);
    setKind(field, fitting[0] ?? may[0]);
  }
  if (name === 'date' && cellsOf(field).length === 8 && may.includes('date')) setKind(field, 'date');
});
edited('ownname', (field, name) => { field.name = name.trim().toLowerCase().replace(/[^a-z0-9_]+/g, '_') || freeName(); });
edited('label', (field, text) => { field.label = text; }, 'input');
edited('kind', setKind);
edited('required', (field) => { field.required = by('required').checked; });
edited('groups', (field, text) => {
  const groups = (text.match(/\d+/g) ?? []).map(Number).filter((n) => n >= 1 && n <= 20);
  if (groups.length) field.groups = groups.slice(0, 20);
  if (groups.length === 1) field.gap = 0;
});
edited('gap', (field, text) => { field.gap = Math.max(0, Number(text) || 0); });
edited('check', (field, value) => { field.check = value; });
edited('codes', (field, value) => { field.codes = value; });
for (const id of ['x', 'y']) edited(id, (field, value) => { field[id] = round(Math.max(0, Number(value) || 0)); });
edited('w', (field, value) => resize(field, Math.max(2, Number(value) || field.w), field.h));
edited('h', (field, value) => resize(field, field.w, Math.max(2, Number(value) || field.h)));
by('split').addEventListener('click', () => {
  begin();
  const [field] = state.form.fields.splice(on, 1);
  const cells = cellsOf(field);
  let first = 0;
  field.groups.forEach((size, n) => {
    const [x] = cells[first];
    const [last, width] = cells[first + size - 1];
    first += size;
    put({ ...structuredClone(field), name: n ? '' : field.name, x: round(x), w: round(last + width - x), groups: [size], gap: 0 }, words.added);
  });
  by('what').focus();
});
by('remove').addEventListener('click', () => remove(on));
by('field').addEventListener('submit', (event) => event.preventDefault());

// --- the form itself ---------------------------------------------------------------------------------------

const LATIN = { а: 'a', б: 'b', в: 'v', г: 'g', д: 'd', е: 'e', ё: 'e', ж: 'zh', з: 'z', и: 'i', й: 'y', к: 'k', л: 'l', м: 'm', н: 'n', о: 'o', п: 'p', р: 'r', с: 's', т: 't', у: 'u', ф: 'f', х: 'kh', ц: 'ts', ч: 'ch', ш: 'sh', щ: 'sch', ъ: '', ы: 'y', ь: '', э: 'e', ю: 'yu', я: 'ya' };
const slug = (text) => [...text.toLowerCase()].map((letter) => LATIN[letter] ?? letter).join('').replace(/[^a-z0-9]+/g, '-').replace(/^[^a-z]+|-+$/g, '').slice(0, 40);

by('title').addEventListener('input', () => {
  state.form.title = by('title').value;
  if (autoName) state.form.name = by('name').value = slug(state.form.title);
  changed();
});
by('name').addEventListener('change', () => {
  autoName = false;
  state.form.name = by('name').value = slug(by('name').value);
  changed();
});
by('purpose').addEventListener('change', () => { state.form.purpose = by('purpose').value; changed(); });
by('filled').addEventListener('change', () => rework({ filled: by('filled').checked }));
for (const [id, first, second] of [['width', 'x', 'w'], ['height', 'y', 'h']]) {
  by(id).addEventListener('change', () => {
    const value = Number(by(id).value);
    if (!(value >= 60 && value <= 500)) {
      by(id).value = state.form[id];
      return;
    }
    begin();
    const scale = value / state.form[id];
    for (const each of [...state.form.fields, ...state.form.places]) {
      each[first] = round(each[first] * scale);
      if (second === 'w') resize(each, each.w * scale, each.h);
      else resize(each, each.w, each.h * scale);
    }
    state.form[id] = value;
    all();
    changed();
  });
}

function verdict() {
  const lines = [];
  const say = (text, kind) => {
    const line = document.createElement('p');
    line.className = kind;
    line.textContent = text;
    lines.push(line);
  };
  const { problem } = state;
  if (problem?.unnamed) {
    // Nobody has done anything wrong: there is one thing left to say.
    say(`${problem.text}: ${problem.remedy}.`, '');
  } else if (problem) {
    const name = problem.field === null ? '' : `${short(state.form.fields[problem.field] ?? { label: '' })}: `;
    say(`${words.mend} ${name}${problem.text}`, 'bad');
    say(problem.remedy, '');
  } else {
    say(words.right, 'good');
  }
  for (const text of state.advice) say(text, 'doubt');
  by('verdict').replaceChildren(...lines);
  by('publish').disabled = blocked || Boolean(problem);
  by('version').textContent = state.form.name ? `${words.version} ${state.version}` : '';
  board.show(on, problem?.field ?? null);
  list();
  document.body.dataset.kept = String(state.revision);
}

function all() {
  const { form } = state;
  for (const id of ['title', 'name', 'width', 'height', 'purpose']) by(id).value = form[id];
  by('filled').checked = form.filled;
  board.set(form, state.picture);
  editor();
  verdict();
}

// --- trying and publishing ---------------------------------------------------------------------------------

by('examples').addEventListener('change', async () => {
  const files = [...by('examples').files];
  if (!files.length || !await settled()) return;
  by('trying').textContent = words.trying;
  const data = new FormData();
  for (const file of files) data.append('examples', file);
  try {
    const answer = await call('POST', '/try', data);
    const said = await answer.json();
    if (answer.status === 422 && said.problem) {
      by('trying').textContent = `${words.mend} ${said.problem.text}. ${said.problem.remedy}`;
    } else if (!answer.ok) {
      by('trying').textContent = answer.status === 413 ? words.toolarge : words.failed;
    } else {
      const found = said.tried.filter((each) => each.found).length;
      by('trying').textContent = `${words.found}: ${found} / ${said.tried.length}`;
      by('tried').hidden = false;
      showTried(by('results'), said.tried, { ...words, names }, state.form);
      by('tried').scrollIntoView({ block: 'start' });
    }
  } catch {
    by('trying').textContent = words.failed;
  }
  by('examples').value = '';
});

by('publish').addEventListener('click', async () => {
  if (!await settled()) return;
  by('publish').disabled = true;
  by('refused').hidden = true;
  try {
    const answer = await call('POST', '/publish', { revision: state.revision });
    const said = await answer.json();
    if (answer.ok) {
      window.location.assign(said.page);
      return;
    }
    if (answer.status === 422 && 'problem' in said) Object.assign(state, said);
    by('refused').textContent = answer.status === 409 ? words.conflict : words.failed;
  } catch {
    by('refused').textContent = words.failed;
  }
  by('refused').hidden = false;
  verdict();
});

all();
document.body.dataset.ready = '';
