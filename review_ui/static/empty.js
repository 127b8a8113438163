// Nothing is left to review; the last verdict can still be taken back.

import { judged } from './judged.js';

const button = document.getElementById('undo');
const said = document.getElementById('said');

async function undo() {
  const id = await judged.undo().catch(() => null);
  if (id !== null) location.assign(`/review/${id}`);
  else {
    said.textContent = said.dataset.late;
    button.hidden = !judged.any;
  }
}

button.hidden = !judged.any;
button.addEventListener('click', undo);
document.addEventListener('keydown', (event) => {
  if (event.code !== 'KeyZ' || event.altKey || event.repeat || button.hidden) return;
  event.preventDefault();
  undo();
});
