"""Texts that mean harm to whoever shows them: none may ever be more than text."""

_OWN = "window.owned=1"

MARKUP = (
    f"<script>{_OWN}</script>",
    f"</script><script>{_OWN}</script>",
    f"<img src=x onerror={_OWN}>",
    f"<svg/onload={_OWN}>",
    f"<svg><script>{_OWN}</script></svg>",
    f'"><x-owned onmouseover={_OWN}>',
    f"'><x-owned onfocus={_OWN} autofocus tabindex=1>",
    f'" onmouseover="{_OWN}" data-owned="1',
    f"' onfocus='{_OWN}' autofocus data-owned='1",
    f"` onclick={_OWN} data-owned=1 `",
    f"javascript:{_OWN}",
    f"JaVaScRiPt:{_OWN}//%0a",
    f"data:text/html,<script>{_OWN}</script>",
    f"<a href='javascript:{_OWN}'>x</a>",
    f"<iframe srcdoc='<script>parent.{_OWN}</script>'>",
    "<base href='https://owned.example/'><!--",
    "--></title></textarea></option></select><x-owned>",
    "<x-owned hx-get=/logout hx-trigger=load hx-on:load=owned()>",
    "{{7*7777777}}{%if 1%}${7*7777777}<%=7*7777777%>#{7*7777777}",
    "%(owned)s %s {0.__class__} {owned!r} %%",
    "&lt;x-owned&gt;&#60;x-owned&#62;",
    "\uff1cscript\uff1ewindow.owned=1\uff1c/script\uff1e",
    "\u2028\u2029<x-owned>\u200b\ufeff",
    "\u202egnp.exe\u2066<x-owned>\u2067",
    "<math><mtext><table><mglyph><style><!--</style><img src=x onerror=window.owned=1>",
    "]]>*/;window.owned=1;/*",
    "\\u003cscript\\u003ewindow.owned=1\\x3c/script\\x3e",
    "Z\u0335\u0321\u0322\u0315\u035c" * 12,
)
"""What browsers and templates have been known to take for more than text."""

FORMULAS = (
    "=1+1",
    '=HYPERLINK("https://owned.example";"x")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(1,1)",
    "\t=2+2",
    "\r=3+3",
    "\n=4+4",
    "\uff1d1+1",
    ";=5+5",
    '","=1+1',
)
"""What spreadsheets take for formulas, and what makes a cell of its own in a careless file."""

LEAD_OF_FORMULA = ("=", "+", "-", "@", "\t", "\r")
