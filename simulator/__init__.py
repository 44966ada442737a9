"""A believable company in the contract's shape, with the truth that it was made from beside it.

`simulate` writes all tables of the contract to `<out>/<table>/<table>_<from>_<until>.{csv,parquet}`
and the truth to `<out>/_truth/`, where no glob of the contract reaches:

- `truth.json`: the options, counts of persons and leads, dirty rows by table and kind, hazards,
  conversions by pair of stages and channel, first contact, seasons, rates.
- `conversions.parquet`: P(converted within H days) by pair of stages, channel, persona, horizon,
  `measure` (the stage itself is entered, or it or a later one) and `count_mode`.
- `leads.parquet`: one row per person and cycle, with the uncensored moments of every stage.
- `deals.parquet`: one row per deal, with the uncensored moments of every stage of its pipeline.
- `written_<from>_<until>.json`: rows and dirty rows of one run.

**Persons.** A person has a channel, a persona (latent: it drives industry, interest and deal size)
and a fit (low, middle, high; latent: it drives firm size, industry and kind of e-mail address),
drawn independently. Creations follow month x weekday x hour of the person's local time.

**Stages.** Who enters stage s advances with probability

    p = 1 / (1 + exp(-(logit(advance_s) + channel + persona + fit)))

where the three effects are one set for lead and mql (`early`) and one for the later stages
(`late`). The delay is gamma with an integer shape and mean `mean_days x pace(channel)` days; a
share `zero_share` of the SAL -> SQL steps takes no time (ties). An advance may jump a stage: that
stage is then not entered. Who does not advance leaves after an exponential delay to recycled,
disqualified or lost, or stays for ever. From there some come back after a gamma delay, to lead or
straight to mql, in a new cycle (3 at most). 6 % of those who stall at SQL step back once.

**Clocks.** Delays run on a weekly clock that is fast when people are active (office hours of the
team; waking hours of the lead, for lead -> mql) and slow otherwise, in local time with daylight
saving. The clock makes 7 days a week, so that P(within 7 k days) = p F(7 k) exactly; for other
horizons the truth is the mean over the hour of the week of the entry.

**Evidence.** Every entry shows: creation, status change, late-stage action (45 % of the MQLs of
persons with an e-mail, half of these without a status), opportunity, won opportunity. So the
entries in the data are the true ones up to the end, save one: a lead who jumped to SQL and steps
back shows an MQL after it (about 0.1 % of MQLs). Late-stage actions by known leads come only at the
MQL or later in its cycle, and engagement is bounded such that score + fit stays under the
threshold of the score rule before the last MQL of a person, even without decay.

**First contact.** A team never contacts a share of its MQLs; the others after an exponential delay
in minutes of work, by the team's calendar in the seeds `business_calendars` and `holidays`.
Leads of the channel `cold_call` were called before.

**Deals.** A first deal goes through Discovery, Demo (80 %), Proposal and Negotiation (60 %) of the
pipeline `New business`, where it lasts for over two days; a further one, with a customer, through
Discovery and Proposal of `Existing customers`. Each stage is a version of the record and a change.
`parallel_deals` gives persons a second deal that is lost while the first one is open, half of them
with a status that says lost: the person's stages stay as they are.

**Money.** First deals are log-normal around the persona's size, in the currency of the country.
60 % of the customers subscribe (deal / 12 a month) and leave by the persona's monthly hazard; the
others order again now and then. Media costs and web visitors follow the leads expected of the day.

**Traps.** Second records of a person (same e-mail in another spelling, merged by the CRM, merged in
a chain), merges that were taken back, test and deleted leads, late rows (1 %, by 4 days on average,
yet before the end), local offsets (2 % of the moments; the nights when clocks change), dirty rows.

**Batches.** A run writes what became known in [from, until): events by their arrival, and records
(leads, merges, orders, subscriptions, reps, campaigns) as they stand at `until`, if they changed
since `from`. Batches that follow each other land the same final facts as one full run.

**Chance.** Every concern of every block of 20,000 lead records has a stream of its own: the same
options give the same bytes, and more leads leave the full blocks before them as they were.
"""

from simulator.config import SimulationConfig, SimulationConfigError
from simulator.simulation import SimulationSummary, simulate

__all__ = ["SimulationConfig", "SimulationConfigError", "SimulationSummary", "simulate"]
