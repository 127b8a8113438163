// The grid: arrows move, Space marks, ENTER confirms the rest and shows the next page, which is ready by then.

import { LeaseLost, LoggedOut, Refused, post } from './api.js';

const texts = JSON.parse(document.getElementById('texts').textContent);
const desk = document.getElementById('desk');
const footer = document.querySelector('.verdict');
const toast = document.getElementById('toast');
const said = document.getElementById('said');
const helping = document.getElementById('helping');
const where = document.getElementById('where');
const row = document.querySelector('#row img');
const digit = document.body.dataset.glyph;
const DWELL = 120; // milliseconds on a digit before its row is fetched

let page = desk.querySelector('.glyphs');
let ahead = null;
let busy = false;

function say(text, bad = false) {
  toast.textContent = text;
  toast.classList.toggle('bad', bad);
  toast.hidden = false;
  said.textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => (toast.hidden = true), bad ? 6000 : 2200);
}

function failed(error) {
  if (error instanceof LoggedOut) {
    say(texts.login, true);
    location.assign(`/login?to=${encodeURIComponent('/grid')}`);
  } else if (error instanceof LeaseLost) location.reload();
  else say(error instanceof Refused && error.message ? error.message : texts.failed, true);
}

const glyphs = () => [...page.querySelectorAll('.glyph')];
const keyOf = (glyph) => [Number(glyph.dataset.sheet), glyph.dataset.field, Number(glyph.dataset.place)];
const isPicked = (glyph) => glyph.getAttribute('aria-pressed') === 'true';

async function fetchAhead() {
  if (!('more' in page.dataset)) return null;
  const response = await post('/grid/next', { glyph: digit, after: Number(page.dataset.after) });
  const holder = document.createElement('template');
  holder.innerHTML = await response.text();
  const next = holder.content.querySelector('.glyphs');
  next.hidden = next.inert = true;
  desk.append(next); // unseen, so that its pictures come now
  return next;
}

function show() {
  page.hidden = page.inert = false;
  desk.scrollTop = 0;
  const first = glyphs()[0];
  footer.hidden = !first;
  tally();
  if (first) choose(first);
  ahead = first ? fetchAhead().catch(() => null) : Promise.resolve(null);
}

function choose(glyph) {
  for (const other of page.querySelectorAll('.glyph[tabindex="0"]')) other.tabIndex = -1;
  glyph.tabIndex = 0;
  glyph.focus({ preventScroll: false });
}

function looked(glyph) {
  where.textContent = glyph.dataset.where;
  clearTimeout(looked.timer);
  looked.timer = setTimeout(() => {
    const { sheet, field, place } = glyph.dataset;
    row.src = `/grid/row/${sheet}/${encodeURIComponent(field)}/${place}`;
    row.alt = glyph.dataset.where;
  }, DWELL);
}

function tally() {
  document.getElementById('picked').textContent = glyphs().filter(isPicked).length;
}

function toggle(glyph) {
  glyph.setAttribute('aria-pressed', String(!isPicked(glyph)));
  tally();
}

/** The glyph one line up or down: the one of that line whose middle is nearest. */
function beside(glyph, step) {
  const from = glyph.getBoundingClientRect();
  const lines = glyphs().map((one) => [one, one.getBoundingClientRect()]);
  const tops = [...new Set(lines.map(([, box]) => Math.round(box.top)))].sort((a, b) => a - b);
  const line = tops[tops.indexOf(Math.round(from.top)) + step];
  const there = lines.filter(([, box]) => Math.round(box.top) === line);
  return there.sort(([, a], [, b]) => Math.abs(a.left - from.left) - Math.abs(b.left - from.left))[0]?.[0];
}

async function settle() {
  if (busy || !glyphs().length) return;
  busy = true;
  page.setAttribute('aria-busy', 'true');
  try {
    const seen = glyphs().map(keyOf);
    const picked = glyphs().filter(isPicked).map(keyOf);
    const answer = await (await post('/grid/settle', { glyph: digit, seen, picked })).json();
    const next = await ahead;
    if (next) {
      page.remove();
      page = next;
      performance.mark('page-shown');
      show();
      say(answer.said);
    } else location.assign(`/grid?glyph=${digit}`);
  } catch (error) {
    failed(error);
  } finally {
    busy = false;
    page.removeAttribute('aria-busy');
  }
}

const commands = { settle, help: () => helping.showModal(), close: () => helping.close() };

document.addEventListener('click', (event) => {
  const glyph = event.target.closest('.glyph');
  if (glyph) {
    choose(glyph);
    toggle(glyph);
  }
  const button = event.target.closest('[data-do]');
  if (button) commands[button.dataset.do]();
});
desk.addEventListener('focusin', (event) => {
  const glyph = event.target.closest('.glyph');
  if (glyph) looked(glyph);
});

document.addEventListener('keydown', (event) => {
  if (helping.open || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === '?') {
    event.preventDefault();
    return void helping.showModal();
  }
  const at = document.activeElement?.closest?.('.glyph');
  if (/^[0-9]$/.test(event.key)) return void location.assign(`/grid?glyph=${event.key}`);
  if (event.key === 'Enter') {
    if (!at && document.activeElement?.closest?.('a, button')) return;
    event.preventDefault();
    if (!event.repeat) settle();
    return;
  }
  if (!at) return;
  const all = glyphs();
  const index = all.indexOf(at);
  const target = {
    ArrowLeft: all[index - 1],
    ArrowRight: all[index + 1],
    ArrowUp: beside(at, -1),
    ArrowDown: beside(at, 1),
    Home: all[0],
    End: all.at(-1),
  };
  if (event.key in target) {
    event.preventDefault();
    if (target[event.key]) choose(target[event.key]);
  } else if (event.key === ' ' || event.code === 'KeyX') {
    event.preventDefault();
    if (!event.repeat) toggle(at);
  }
});

show();
document.body.dataset.ready = '';
