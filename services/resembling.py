"""Whether a form that is about to be taught is in use already, under whatever name."""

from __future__ import annotations

import threading
from collections import OrderedDict

from services.context import Context, PageRef
from services.designing import Draft
from services.digitise import refresh_register

#: Pictures whose answer is remembered: a draft is asked about after every change, its picture seldom changes.
_MOST = 64
_known: OrderedDict[tuple[str, frozenset[str]], frozenset[str]] = OrderedDict()
_lock = threading.Lock()


def form_in_use(ctx: Context, known: Draft) -> str:
    """``name@version`` of another form in use that is found on the draft's picture; "" for none.

    Two forms that look alike make the sheets of both unsure. A version of the form itself is not meant.
    Looking takes about a second, the first time for a picture.
    """
    forms = frozenset(ctx.templates)
    key = (known.row.picture, forms)
    with _lock:
        found = _known.get(key)
    if found is None:
        refresh_register(ctx, known.row.supplier)
        page = PageRef(known.row.picture, "form.png", 1, known.row.supplier)
        (read,) = ctx.reader.submit([page]).result()
        if read.reason is not None or read.held:
            # Nothing could be looked at: no answer that holds.
            return ""
        found = frozenset(slip.template for slip in read.slips if slip.registration and slip.template)
        with _lock:
            _known[key] = found
            while len(_known) > _MOST:
                _known.popitem(last=False)
    others = sorted(each for each in found if each.partition("@")[0] != known.form.name)
    return others[0] if others else ""
