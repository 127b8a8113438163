// The photo is judged before it is sent: dark, blurred, dazzled or tiny is said at once. The page works without this.
import { judge, shrink } from './photo.js';

const form = document.querySelector('form.send');
const file = document.getElementById('photo');
const box = document.querySelector('.photo');
const preview = document.getElementById('preview');
const quality = document.getElementById('quality');
const problem = document.getElementById('problem');
const button = form.querySelector('button.main');
const account = document.getElementById('account');
const LARGE = 12 << 20;
const words = button.textContent;
let picture = null;

/** Say what is wrong, and bring the field into sight. */
function tell(text, field) {
  problem.textContent = text;
  problem.hidden = !text;
  for (const input of form.querySelectorAll('[aria-invalid]')) input.removeAttribute('aria-invalid');
  if (!text) return;
  const input = form.elements[field];
  if (input && field !== 'photo') {
    input.setAttribute('aria-invalid', 'true');
    input.focus();
  }
  problem.scrollIntoView({ block: 'center' });
}

function busy(on) {
  button.setAttribute('aria-busy', String(on));
  button.disabled = on;
  button.textContent = on ? button.dataset.busy : words;
}

async function show() {
  picture = null;
  quality.replaceChildren();
  const chosen = file.files[0];
  box.classList.toggle('full', Boolean(chosen));
  box.querySelector('[data-empty]').hidden = Boolean(chosen);
  box.querySelector('[data-full]').hidden = !chosen;
  preview.hidden = true;
  if (!chosen) return;
  tell('');
  try {
    picture = await createImageBitmap(chosen, { imageOrientation: 'from-image' });
  } catch {
    return; // a format that only the server knows, such as HEIC
  }
  const scale = Math.min(1, 1200 / Math.max(picture.width, picture.height));
  preview.width = Math.round(picture.width * scale);
  preview.height = Math.round(picture.height * scale);
  preview.getContext('2d').drawImage(picture, 0, 0, preview.width, preview.height);
  preview.hidden = false;
  const found = judge(picture);
  for (const name of found.length ? found : ['good']) {
    const line = document.createElement('li');
    line.textContent = quality.dataset[name];
    line.className = name;
    line.dataset.found = name;
    quality.append(line);
  }
}

async function send(event) {
  event.preventDefault();
  busy(true);
  try {
    const body = new FormData(form);
    // The original says most: it is made smaller only where it would take long to send.
    if (picture && file.files[0].size > LARGE) body.set('photo', await shrink(picture), 'photo.jpg');
    const response = await fetch('/send', { method: 'POST', body, headers: { Accept: 'application/json' } });
    const answer = await response.json();
    if (response.ok) {
      window.location.assign(answer.to);
      return;
    }
    tell(answer.problem ?? answer.message ?? '', answer.field ?? 'photo');
  } catch {
    form.submit(); // no script can say more than the browser's own page
    return;
  }
  busy(false);
}

account.addEventListener('input', () => {
  const digits = account.value.replace(/\D/g, '').slice(0, Number(account.dataset.most));
  if (digits !== account.value) account.value = digits;
});
file.addEventListener('change', show);
form.addEventListener('submit', send);
if (file.files.length) show(); // the browser's Back brings the photo back
document.body.dataset.ready = '';
