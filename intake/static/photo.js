// What can be said of a photo before anybody has read it. Sizes in pixels of the original, brightness 0 to 255.

const LONGEST_SENT = 3000;
const LOOKED_AT = 640;
const DARK = 55;
const BRIGHT = 250;
const DAZZLED_SHARE = 0.12;
const SHARP = 28;
const SMALL = 500;

/** Names of what is wrong: dark, blurred, glare, small; none for a good photo. */
export function judge(picture) {
  const found = [];
  if (Math.min(picture.width, picture.height) < SMALL) found.push('small');
  const grey = greyOf(picture);
  const { mean, bright } = light(grey.values);
  if (mean < DARK) found.push('dark');
  if (bright > DAZZLED_SHARE) found.push('glare');
  if (!found.includes('dark') && sharpness(grey) < SHARP) found.push('blurred');
  return found;
}

/** The picture as JPEG, upright, no larger than anybody needs: a mobile network is slow. */
export function shrink(picture) {
  const canvas = drawn(picture, LONGEST_SENT);
  return new Promise((resolve) => { canvas.toBlob(resolve, 'image/jpeg', 0.9); });
}

function drawn(picture, longest) {
  const scale = Math.min(1, longest / Math.max(picture.width, picture.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext('2d', { willReadFrequently: longest === LOOKED_AT }).drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}

function greyOf(picture) {
  const canvas = drawn(picture, LOOKED_AT);
  const { width, height } = canvas;
  const pixels = canvas.getContext('2d').getImageData(0, 0, width, height).data;
  const values = new Float32Array(width * height);
  for (let i = 0; i < values.length; i += 1) {
    values[i] = 0.299 * pixels[4 * i] + 0.587 * pixels[4 * i + 1] + 0.114 * pixels[4 * i + 2];
  }
  return { values, width, height };
}

function light(values) {
  let sum = 0;
  let over = 0;
  for (const value of values) {
    sum += value;
    if (value > BRIGHT) over += 1;
  }
  return { mean: sum / values.length, bright: over / values.length };
}

/** The sharpest twentieth of the picture, by its Laplacian: a sharp display on a dull wall is sharp. */
function sharpness({ values, width, height }) {
  const edges = [];
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const at = y * width + x;
      edges.push(Math.abs(4 * values[at] - values[at - 1] - values[at + 1] - values[at - width] - values[at + width]));
    }
  }
  edges.sort((a, b) => a - b);
  return edges[Math.floor(edges.length * 0.95)] ?? 0;
}
