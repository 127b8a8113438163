// While a batch is being read its numbers move by themselves.
const section = document.querySelector('[data-batch]');
const progress = document.getElementById('progress');

async function look() {
  try {
    const response = await fetch(`/station/${section.dataset.batch}/progress`, { headers: { Accept: 'text/html' } });
    if (!response.ok || response.redirected) return;
    progress.innerHTML = await response.text();
    section.dataset.state = response.headers.get('X-Batch-State') ?? '';
  } catch {
    // the server is away for a moment: look again
  }
  if (section.dataset.state !== 'done') setTimeout(look, 2000);
}

if (section.dataset.state !== 'done') setTimeout(look, 1200);
