// The slips that this tab has judged, newest last, so that the last verdict can be taken back after a reload.

import { post } from './api.js';

const NAME = 'meterdrop-judged';
const MOST = 20;

function all() {
  try {
    const ids = JSON.parse(sessionStorage.getItem(NAME) ?? '[]');
    return Array.isArray(ids) ? ids : [];
  } catch {
    return [];
  }
}

export const judged = {
  get any() {
    return all().length > 0;
  },

  add(id) {
    sessionStorage.setItem(NAME, JSON.stringify([...all().filter((one) => one !== id), id].slice(-MOST)));
  },

  /** Take the newest verdict back; resolves to the slip's number, or to null when it stands. */
  async undo() {
    const ids = all();
    const id = ids.at(-1);
    const answer = await (await post(`/review/${id}/undo`)).json();
    sessionStorage.setItem(NAME, JSON.stringify(ids.slice(0, -1)));
    return answer.outcome === 'undone' ? id : null;
  },
};
