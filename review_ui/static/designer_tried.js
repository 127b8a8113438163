// Filled examples as they were read: the form found on the picture, each field's cut and what it says.

const SVG = 'http://www.w3.org/2000/svg';

function make(name, values = {}, ...children) {
  const svg = ['svg', 'image', 'rect'].includes(name);
  const element = svg ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(values)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const percent = (share) => `${(100 * share).toFixed(share > 0.995 ? 2 : 1)} %`;

/** Show `tried` (see `tried_json`) in `into`. `words`: texts; `size`: of the form, in millimetres. */
export function showTried(into, tried, words, size) {
  into.replaceChildren(...tried.map((each) => example(each, words, size)));
}

function example(each, words, size) {
  const state = make('span', { class: each.found ? 'good' : 'bad' }, each.found ? words.found : words.notfound);
  const off = each.off_mm === null ? '' : ` · ${words.off} ${each.off_mm}`;
  const head = make('h3', {}, `${each.file}, ${words.page} ${each.page}: `, state, off);
  const card = make('article', { class: 'example' }, head);
  if (each.found) {
    const sheet = picture(each.picture, size, [0, 0, size.width, size.height]);
    for (const field of each.fields) {
      const [x, y, width, height] = field.box;
      sheet.append(make('rect', { x, y, width, height }));
    }
    sheet.setAttribute('role', 'img');
    sheet.setAttribute('aria-label', each.file);
    card.append(sheet, table(each, words, size));
  } else {
    if (each.picture) card.append(make('img', { src: each.picture, alt: each.file }));
    card.append(make('p', { class: 'why' }, each.reasons.join(' ')));
  }
  return card;
}

function picture(address, size, box) {
  const sheet = make('svg', { viewBox: box.join(' ') });
  sheet.append(make('image', { href: address, width: size.width, height: size.height, preserveAspectRatio: 'none' }));
  return sheet;
}

function table(each, words, size) {
  const body = make('tbody');
  for (const field of each.fields) {
    const [x, y, width, height] = field.box;
    const cut = picture(each.picture, size, [x - 1, y - 1, width + 2, height + 2]);
    cut.setAttribute('aria-hidden', 'true');
    cut.style.aspectRatio = `${(width + 2) / (height + 2)}`;
    const value = field.present === null ? field.value || words.empty : field.present ? words.ink : words.nothing;
    const said = make('td', {}, make('span', { class: 'value' }, value));
    const more = [...field.reasons];
    if (field.in_register !== null) more.unshift(field.in_register ? words.inregister : words.notinregister);
    if (more.length) said.append(make('div', { class: 'why' }, more.join(' ')));
    body.append(make('tr', {}, make('th', { scope: 'row' }, words.names[field.name] || field.label), make('td', {}, cut), said, make('td', { class: 'soft' }, percent(field.confidence))));
  }
  if (each.reasons.length) body.append(make('tr', {}, make('td', { colspan: 4, class: 'why' }, each.reasons.join(' '))));
  return make('table', {}, body);
}
