"""The pictures of the handbook: drawn with Altair from the marts, once in each language."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import altair as alt
import duckdb
import vl_convert

FOLDER = Path(__file__).resolve().parents[1] / "images" / "kpis"
Rows = list[dict[str, Any]]
Words = dict[str, str]

BLUE, GREY, RED, DARK = "#2f6db5", "#9aa5b1", "#c2483d", "#333f4b"
TEAM_COLOURS = [BLUE, "#d98324", "#3d8f6a"]
# 95 % Wilson interval of n of d
WILSON = """
    ({n} + 1.9208 {sign} 1.959964 * sqrt({n} * ({d} - {n}) / {d} + 0.9604)) / ({d} + 3.8415)
"""
STAGES = ["lead", "mql", "sal", "sql", "opportunity", "customer"]

WORDS: dict[str, Words] = {
    "en": {
        "lead": "Lead",
        "mql": "MQL",
        "sal": "SAL",
        "sql": "SQL",
        "opportunity": "Opportunity",
        "customer": "Customer",
        "visitor": "Visitor",
        "funnel": "Leads of 2024 that reached each stage within the horizon",
        "funnel_by": "Bars: matured rate; lines: 95 % interval",
        "share_of_leads": "share of leads",
        "survival": "From MQL to SQL, by days after MQL",
        "survival_by": "MQLs of the first quarter of 2025 (Kaplan-Meier); points: matured rate",
        "days": "days after MQL",
        "converted": "share that became SQL",
        "all": "all channels",
        "organic_search": "organic search",
        "paid_search": "paid search",
        "referral": "referral",
        "social": "social",
        "channel": "channel",
        "attrition": "Outcomes of those who entered each stage in 2024",
        "attrition_by": "At the end of the stage's horizon; each bar is 100 %",
        "share_of_entrants": "share of entrants",
        "outcome": "outcome",
        "advanced": "advanced",
        "open": "open",
        "stalled": "stalled",
        "recycled": "recycled",
        "disqualified": "disqualified",
        "lost": "lost",
        "sla": "First contact within one working hour, by team at the deadline",
        "sla_by": "Share of clocks met; lines: 95 % interval",
        "quarter": "quarter of the MQL",
        "met": "share met",
        "team": "team",
        "lift": "Does a higher score convert better?",
        "lift_by": "MQL to SQL by score decile; lines: 95 % interval; dashed: all MQLs",
        "tenth": "score decile (10 = highest)",
        "ltv": "Margin of a customer so far, by months since the first purchase",
        "ltv_by": "Mean margin per customer and 95 % interval; dashed: cost of acquiring one",
        "months": "months since the first purchase",
        "margin": "margin per customer",
        "cac": "acquisition cost",
        "plan": "What the customer target of August 2025 takes",
        "plan_by": "Point: expected; line: from the best to the worst rates; logarithmic scale",
        "needed": "persons needed",
    },
    "es": {
        "lead": "Lead",
        "mql": "MQL",
        "sal": "SAL",
        "sql": "SQL",
        "opportunity": "Oportunidad",
        "customer": "Cliente",
        "visitor": "Visitante",
        "funnel": "Leads de 2024 que llegaron a cada etapa dentro del horizonte",
        "funnel_by": "Barras: tasa madura; líneas: intervalo del 95 %",
        "share_of_leads": "porcentaje de los leads",
        "survival": "De MQL a SQL, según los días desde el MQL",
        "survival_by": "MQL del primer trimestre de 2025 (Kaplan-Meier); puntos: tasa madura",
        "days": "días desde el MQL",
        "converted": "porcentaje que pasó a SQL",
        "all": "todos los canales",
        "organic_search": "búsqueda orgánica",
        "paid_search": "búsqueda de pago",
        "referral": "recomendación",
        "social": "redes sociales",
        "channel": "canal",
        "attrition": "Resultado de quienes entraron en cada etapa en 2024",
        "attrition_by": "Al cumplirse el horizonte de la etapa; cada barra es el 100 %",
        "share_of_entrants": "porcentaje de quienes entraron",
        "outcome": "resultado",
        "advanced": "avanzó",
        "open": "abierto",
        "stalled": "estancado",
        "recycled": "reciclado",
        "disqualified": "descartado",
        "lost": "perdido",
        "sla": "Primer contacto en una hora laborable, por equipo al vencer el plazo",
        "sla_by": "Porcentaje de plazos cumplidos; líneas: intervalo del 95 %",
        "quarter": "trimestre del MQL",
        "met": "porcentaje cumplido",
        "team": "equipo",
        "lift": "¿Convierten mejor los leads con más puntos?",
        "lift_by": "De MQL a SQL por decil; líneas: intervalo del 95 %; a trazos: todos los MQL",
        "tenth": "decil de la puntuación (10 = el más alto)",
        "ltv": "Margen aportado por un cliente, según los meses desde la primera compra",
        "ltv_by": "Margen medio por cliente e intervalo del 95 %; a trazos: coste de adquirir uno",
        "months": "meses desde la primera compra",
        "margin": "margen por cliente",
        "cac": "coste de adquisición",
        "plan": "Qué requiere el objetivo de clientes de agosto de 2025",
        "plan_by": "Punto: esperado; línea: de las mejores a las peores tasas; escala logarítmica",
        "needed": "personas necesarias",
    },
}


def wilson(numerator: str, denominator: str) -> str:
    """SQL of the interval's ends as `low` and `high`."""
    low = WILSON.format(n=numerator, d=denominator, sign="-")
    high = WILSON.format(n=numerator, d=denominator, sign="+")
    return f"round({low}, 4) as low, round({high}, 4) as high"


def data(rows: Rows) -> alt.InlineData:
    """Rows as the data of a chart."""
    return alt.InlineData(values=rows)


def percent_axis(title: str, **more: Any) -> alt.Axis:
    """An axis of shares."""
    return alt.Axis(title=title, format="%", **more)


def funnel(ask: Callable[[str], Rows], words: Words) -> Any:
    """Matured rates from lead to each stage, for the leads of a year."""
    found = ask(f"""
        select to_stage, round(n / d, 4) as rate, {wilson("n", "d")}
        from (
            select to_stage, sum(numerator) as n, sum(denominator) as d
            from marts.mart_funnel_conversion
            where from_stage = 'lead' and rate_kind = 'matured' and segment_type = 'all'
                and period_type = 'month' and year(period_start_date) = 2024
                and count_mode = 'first' and order_mode = 'ordered'
            group by to_stage
        )
    """)
    rows: Rows = [{"stage": words["lead"], "rate": 1.0, "low": 1.0, "high": 1.0}]
    by_stage = {row["to_stage"]: row for row in found}
    rows += [{**by_stage[stage], "stage": words[stage]} for stage in STAGES[1:]]
    for row in rows:
        row["text"] = f"{100 * row['rate']:.1f} %"
    order = [words[stage] for stage in STAGES]
    base = alt.Chart(data(rows)).encode(y=alt.Y("stage:N", sort=order, title=None))
    scale = alt.Scale(domain=[0, 1.1], nice=False)
    axis = percent_axis(words["share_of_leads"], values=[0, 0.25, 0.5, 0.75, 1])
    bars = base.mark_bar(color=BLUE, height=22).encode(x=alt.X("rate:Q", scale=scale, axis=axis))
    lines = base.mark_rule(color=DARK, strokeWidth=2).encode(x="low:Q", x2="high:Q")
    texts = base.mark_text(align="left", dx=8, color=DARK).encode(x="high:Q", text="text:N")
    return (bars + lines + texts).properties(height=220)


def survival(ask: Callable[[str], Rows], words: Words) -> Any:
    """Kaplan-Meier by channel, with the matured rate at the horizon."""
    names = ["all", "referral", "organic_search", "paid_search", "social"]
    chosen = ", ".join(f"'{name}'" for name in names)
    rows = ask(f"""
        select segment_value as channel, day_number as day, round(converted_rate, 4) as rate
        from marts.mart_funnel_survival
        where from_stage = 'mql' and to_stage = 'sql' and period_type = 'quarter'
            and period_start_date = date '2025-01-01' and day_number <= 60
            and segment_value in ({chosen})
        order by 1, 2
    """)
    ends = ask(f"""
        select
            segment_value as channel,
            60 as day,
            round(sum(numerator) / sum(denominator), 4) as rate
        from marts.mart_funnel_conversion
        where from_stage = 'mql' and to_stage = 'sql' and rate_kind = 'matured'
            and period_type = 'month' and count_mode = 'cycle' and order_mode = 'ordered'
            and period_start_date between date '2025-01-01' and date '2025-03-01'
            and segment_type in ('all', 'channel') and segment_value in ({chosen})
        group by 1
        order by 1
    """)
    for row in [*rows, *ends]:
        row["channel"] = words[row["channel"]]
    colour = alt.Color(
        "channel:N",
        title=words["channel"],
        sort=[words[name] for name in names],
        scale=alt.Scale(
            domain=[words[name] for name in names],
            range=[DARK, "#3d8f6a", BLUE, "#d98324", "#8a5fb0"],
        ),
    )
    x = alt.X("day:Q", title=words["days"], scale=alt.Scale(domain=[0, 62], nice=False))
    y = alt.Y("rate:Q", axis=percent_axis(words["converted"]), scale=alt.Scale(domain=[0, 0.6]))
    lines = alt.Chart(data(rows)).mark_line(interpolate="step-after", strokeWidth=2)
    points = alt.Chart(data(ends)).mark_point(filled=True, size=80, opacity=1)
    layers = [layer.encode(x=x, y=y, color=colour) for layer in (lines, points)]
    return alt.layer(*layers).properties(height=300)


def attrition(ask: Callable[[str], Rows], words: Words) -> Any:
    """The partition of the entrants of each stage."""
    colours = {
        "advanced": "#3d8f6a",
        "open": "#a9cbe8",
        "stalled": "#e9c46a",
        "recycled": "#d98324",
        "disqualified": GREY,
        "lost": RED,
    }
    rows = ask("""
        select stage, outcome, sum(numerator)::int as entrants
        from marts.mart_attrition
        where segment_type = 'all' and year(month_start_date) = 2024
        group by stage, outcome
        order by stage, outcome
    """)
    for row in rows:
        row["order"] = list(colours).index(row["outcome"])
        row["outcome"] = words[row["outcome"]]
        row["stage"] = words[row["stage"]]
    bars = alt.Chart(data(rows)).mark_bar(height=28)
    return bars.encode(
        y=alt.Y("stage:N", sort=[words[stage] for stage in STAGES[:-1]], title=None),
        x=alt.X("entrants:Q", stack="normalize", axis=percent_axis(words["share_of_entrants"])),
        color=alt.Color(
            "outcome:N",
            title=words["outcome"],
            sort=[words[outcome] for outcome in colours],
            scale=alt.Scale(
                domain=[words[outcome] for outcome in colours], range=list(colours.values())
            ),
        ),
        order="order:Q",
    ).properties(height=220)


def sla(ask: Callable[[str], Rows], words: Words) -> Any:
    """First contacts in time, by team and quarter."""
    rows = ask(f"""
        select team, quarter, round(n / d, 4) as rate, {wilson("n", "d")}
        from (
            select
                segment_value as team,
                year(period_start_date) || '-Q' || quarter(period_start_date) as quarter,
                sum(met) as n,
                sum(judged) as d
            from marts.mart_sla
            where policy_key = 'first_contact_1h' and segment_type = 'deadline_owner_team'
            group by 1, 2
        )
        order by 1, 2
    """)
    teams = sorted({row["team"] for row in rows})
    colour = alt.Color(
        "team:N", title=words["team"], scale=alt.Scale(domain=teams, range=TEAM_COLOURS)
    )
    base = alt.Chart(data(rows)).encode(
        x=alt.X("quarter:N", title=words["quarter"], axis=alt.Axis(labelAngle=0)),
        xOffset=alt.XOffset("team:N", scale=alt.Scale(paddingOuter=1)),
        color=colour,
    )
    lines = base.mark_rule(strokeWidth=2).encode(
        y=alt.Y("low:Q", axis=percent_axis(words["met"]), scale=alt.Scale(domain=[0, 0.8])),
        y2="high:Q",
    )
    points = base.mark_point(filled=True, size=80, opacity=1).encode(y="rate:Q")
    return (lines + points).properties(height=260)


def lift(ask: Callable[[str], Rows], words: Words) -> Any:
    """Conversion by score decile."""
    rows = ask("""
        select
            bucket_number as tenth,
            round(conversion_rate, 4) as rate,
            round(conversion_rate_low, 4) as low,
            round(conversion_rate_high, 4) as high,
            round(overall_conversion_rate, 4) as overall
        from marts.mart_score_calibration
        where to_stage = 'sql' and bucket_type = 'decile' and segment_type = 'all'
            and period_type = 'all'
        order by tenth
    """)
    base = alt.Chart(data(rows)).encode(
        x=alt.X("tenth:O", title=words["tenth"], axis=alt.Axis(labelAngle=0))
    )
    bars = base.mark_bar(color=BLUE, width=34).encode(
        y=alt.Y("rate:Q", axis=percent_axis(words["converted"]))
    )
    lines = base.mark_rule(color=DARK, strokeWidth=2).encode(y="low:Q", y2="high:Q")
    overall = (
        alt.Chart(data(rows[:1]))
        .mark_rule(color=RED, strokeDash=[6, 4], strokeWidth=2)
        .encode(y="overall:Q")
    )
    return (bars + lines + overall).properties(height=260)


def ltv(ask: Callable[[str], Rows], words: Words) -> Any:
    """Margin per customer by tenure, against the cost of acquisition."""
    rows = ask("""
        select
            tenure_months as months,
            round(observed_ltv_amount)::int as margin,
            round(observed_ltv_amount_low)::int as low,
            round(observed_ltv_amount_high)::int as high
        from marts.mart_customer_lifetime
        where period_type = 'all' and segment_type = 'all' and not is_small_n
        order by months
    """)
    cost = ask("""
        select round(cac_amount)::int as cac
        from marts.mart_customer_ltv
        where period_type = 'all' and segment_type = 'all'
    """)
    cost[0] |= {"months": 13, "text": f"{words['cac']}: {cost[0]['cac']:,}"}
    x = alt.X("months:Q", title=words["months"], axis=alt.Axis(tickMinStep=1))
    y = alt.Y("low:Q", title=words["margin"], axis=alt.Axis(format=",d"))
    base = alt.Chart(data(rows)).encode(x=x)
    band = base.mark_area(color=BLUE, opacity=0.2).encode(y=y, y2="high:Q")
    line = base.mark_line(color=BLUE, strokeWidth=2, point=True).encode(y="margin:Q")
    costs = alt.Chart(data(cost))
    rule = costs.mark_rule(color=RED, strokeDash=[6, 4], strokeWidth=2).encode(y="cac:Q")
    text = costs.mark_text(color=RED, align="right", dy=-8).encode(
        x="months:Q", y="cac:Q", text="text:N"
    )
    return (band + line + rule + text).properties(height=280)


def plan(ask: Callable[[str], Rows], words: Words) -> Any:
    """Persons needed at each stage, from the best to the worst rates."""
    rows = ask("""
        select
            stage,
            max(needed_count) filter (where scenario = 'high')::int as least,
            max(needed_count) filter (where scenario = 'expected')::int as expected,
            max(needed_count) filter (where scenario = 'low')::int as most
        from marts.mart_plan
        where goal_metric = 'customer' and segment_type = 'all'
            and period_start_date = date '2025-08-01'
        group by stage
        order by expected desc
    """)
    for row in rows:
        row["stage"] = words[row["stage"]]
        row["text"] = f"{row['expected']:,}"
        if row["least"] < row["most"]:
            row["text"] += f" ({row['least']:,} - {row['most']:,})"
    base = alt.Chart(data(rows)).encode(
        y=alt.Y("stage:N", sort=[row["stage"] for row in rows], title=None)
    )
    lines = base.mark_rule(color=BLUE, strokeWidth=6, opacity=0.4).encode(
        x=alt.X(
            "least:Q",
            title=words["needed"],
            scale=alt.Scale(type="log", domain=[5, 200000], nice=False),
            axis=alt.Axis(values=[10, 100, 1000, 10000, 100000], format=",d"),
        ),
        x2="most:Q",
    )
    points = base.mark_point(color=BLUE, filled=True, size=90, opacity=1).encode(x="expected:Q")
    texts = base.mark_text(align="left", dx=12, color=DARK).encode(x="most:Q", text="text:N")
    return (lines + points + texts).properties(height=220)


PICTURES = (funnel, survival, attrition, sla, lift, ltv, plan)


def draw(connection: duckdb.DuckDBPyConnection) -> dict[Path, str]:
    """The SVG of every picture in every language, by its place."""

    def ask(query: str) -> Rows:
        result = connection.execute(query)
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    drawn = {}
    for language, words in WORDS.items():
        for picture in PICTURES:
            name = picture.__name__
            title = alt.Title(words[name], subtitle=words[f"{name}_by"])
            chart = picture(ask, words).properties(width=560, title=title)
            chart = chart.configure(
                background="white", padding=12, font="Arial, Helvetica, sans-serif"
            )
            chart = chart.configure_title(
                anchor="start", fontSize=16, subtitleFontSize=12, subtitleColor="#5b6875", offset=14
            )
            chart = chart.configure_axis(labelFontSize=12, titleFontSize=12, gridColor="#e8ecf0")
            chart = chart.configure_legend(labelFontSize=12, titleFontSize=12)
            chart = chart.configure_view(stroke=None)
            drawn[FOLDER / f"{name}.{language}.svg"] = vl_convert.vegalite_to_svg(chart.to_dict())
    return drawn
