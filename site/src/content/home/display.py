# Ce que « display » montre dans l'Atelier, avec ce que Jupyter offre partout.
from IPython.display import HTML, Image, Markdown, display
import base64, html, statistics


def _table(rows, title=None, columns=None):
    rows = [row if isinstance(row, dict) else dict(zip(columns or map(str, range(len(row))), row)) for row in rows]
    heads = columns or list(dict.fromkeys(key for row in rows for key in row))
    line = lambda tag, cells: "<tr>" + "".join(f"<{tag}>{html.escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"
    body = "".join(line("td", [row.get(head, "") for head in heads]) for row in rows)
    display(HTML(f"<table><caption>{html.escape(title or '')}</caption>{line('th', heads)}{body}</table>"))


def _named(series):
    return series if isinstance(series, dict) else {"": series}


def _plot(series, title=None, x="x", y="y"):
    _table([{"série": name, y: list(values)} for name, values in _named(series).items()], title)


def _histogram(values, title=None, unit="ms"):
    rows = []
    for name, numbers in _named(values).items():
        centiles = statistics.quantiles(numbers, n=100)
        rows.append({"série": name, **{f"p{p} ({unit})": round(centiles[p - 1], 3) for p in (50, 95, 99)}})
    _table(rows, title)


display.table, display.plot, display.histogram = _table, _plot, _histogram
display.markdown = lambda text: display(Markdown(text))
display.image = lambda data, type="image/png", alternative="": display(
    Image(data if isinstance(data, bytes) else base64.b64decode(data), alt=alternative)
)
