"""One set of promises of the store, kept on SQLite and on PostgreSQL alike."""

import asyncio
import csv
import io
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from bot.access.names import Names
from bot.audit.entry import AuditEntry, AuditEvent
from bot.audit.log import Trail, append
from bot.audit.verification import export, verify
from bot.changes.model import ChangeRequest, Decision, Planned, Response, State, Vote
from bot.changes.repository import Changes, _columns
from bot.chat.platform import Person
from bot.instrumentation.outcomes import Outcome
from bot.runtime.replicas import Replicas
from bot.store import migrate as migrating
from bot.store import tables
from bot.store.chats import Chats
from bot.store.database import Database, newest_version
from bot.store.tables import metadata, trail
from clients.errors import Unavailable
from tests.bot.people import ABE, ADA, ANN, OLU, Clock


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'bot.sqlite'}"
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def database(url):
    opened = Database(url)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def changes(database, clock):
    return Changes(database, clock)


def change(number, clock, **more):
    made = ChangeRequest(
        id=f"{number:016x}",
        line="tear door",
        command="tear",
        requester=OLU,
        place="here",
        conversation="19:room",
        message=f"m{number}",
        card="",
        state=State.PLANNING,
        outcome="",
        title="",
        plan="",
        digest="",
        needed=0,
        confirm=False,
        exclusive=True,
        reason="",
        emergency=False,
        asked=clock(),
        changed=clock(),
        expires=None,
        ticket=None,
        step="",
        stopped_by="",
        final="",
    )
    return replace(made, **more)


def entry(key, event=AuditEvent.ASKED, **more):
    return AuditEntry(key, Clock()(), event, OLU.object_id, OLU.name, "19:room", "tear door", **more)


def planned(clock, **more):
    made = {"title": "Tear", "plan": "{}", "digest": "d", "needed": 1, "confirm": False, "exclusive": True}
    return Planned(**made | {"emergency": False, "expires": clock() + timedelta(minutes=30)} | more)


async def waiting(changes, clock, number=1, **more):
    await changes.create(change(number, clock), entry(f"{number} asked"))
    await changes.planned(f"{number:016x}", planned(clock, **more), entry(f"{number} planned"))
    return f"{number:016x}"


def vote(who, clock, verdict=Response.APPROVE):
    return Vote(who, verdict, clock())


async def test_a_change_is_kept_as_it_is(changes, clock):
    made = change(1, clock, reason="it is rotten – «søren»")
    assert await changes.create(made, entry("a"))
    assert not await changes.create(made, entry("b"))
    assert await changes.get(made.id) == made
    assert await changes.get("unknown") is None


async def test_it_is_planned_once(changes, clock):
    key = await waiting(changes, clock)
    await changes.planned(key, planned(clock, title="Other"), entry("again"))
    assert (await changes.get(key)).title == "Tear"


@pytest.mark.parametrize("verdict", [Response.APPROVE, Response.REJECT])
async def test_a_hundred_votes_at_once_decide_once(changes, clock, database, verdict):
    key = await waiting(changes, clock)
    people = [replace(ABE, object_id=f"{n:036x}") for n in range(100)]
    votes = (changes.vote(key, "d", vote(who, clock, verdict), entry(f"v{who.object_id}")) for who in people)
    decisions = await asyncio.gather(*votes)
    assert sum(decision.counts for decision in decisions) == 1
    assert decisions.count(Decision.DECIDED_ALREADY) == 99
    assert len((await changes.get(key)).votes) == 1
    assert (await asyncio.to_thread(verify, database))[2] == []


async def test_one_person_counts_once_towards_two(changes, clock):
    key = await waiting(changes, clock, needed=2)
    said = [await changes.vote(key, "d", vote(who, clock), entry(f"v{n}")) for n, who in enumerate((ABE, ABE, ANN))]
    assert said == [Decision.COUNTED, Decision.SAID_ALREADY, Decision.GO]


async def test_a_vote_counts_in_time_and_for_what_was_shown(changes, clock):
    key = await waiting(changes, clock)
    assert await changes.vote(key, "other", vote(ABE, clock), entry("v")) is Decision.OTHER_CARD
    assert await changes.vote("unknown", "d", vote(ABE, clock), entry("v")) is Decision.UNKNOWN
    clock.forward(timedelta(minutes=30))
    assert await changes.vote(key, "d", vote(ABE, clock), entry("v")) is Decision.EXPIRED
    await changes.expire(key)
    known = await changes.get(key)
    assert (known.state, known.outcome, known.votes) == (State.CLOSING, "expired", ())


async def test_no_time_of_day_lets_an_emergency_go_on_or_ends_the_time_to_stop_it(changes, clock):
    key = await waiting(changes, clock, emergency=True, needed=1)
    clock.forward(timedelta(minutes=30))
    await changes.expire(key)
    assert (await changes.get(key)).state is State.WAITING
    assert await changes.vote(key, "d", vote(ABE, clock, Response.REJECT), entry("v")) is Decision.CLOSED
    await changes.unstopped(key)
    assert (await changes.get(key)).state is State.CLOSING


async def test_an_emergency_that_nobody_stopped_goes_on_and_nothing_else_does(changes, clock):
    key, other = await waiting(changes, clock, emergency=True), await waiting(changes, clock, 2)
    await changes.unstopped(key)
    await changes.unstopped(other)
    assert [(await changes.get(one)).state for one in (key, other)] == [State.QUEUED, State.WAITING]


async def test_places_in_the_queue_are_given_in_the_order_of_consent(changes, clock):
    keys = [await waiting(changes, clock, number) for number in range(1, 21)]
    await asyncio.gather(*(changes.vote(key, "d", vote(ABE, clock), entry(f"v{key}")) for key in keys))
    tickets = [(await changes.get(key)).ticket for key in keys]
    assert sorted(tickets) == list(range(1, 21))
    first = await changes.first()
    assert first.ticket == 1
    await changes.running(first.id)
    assert (await changes.first()).id == first.id
    await changes.end(first.id, Outcome.DONE, "{}", entry("end"))
    assert (await changes.first()).ticket == 2


async def test_what_has_ended_stays_as_it_ended(changes, clock):
    key = await waiting(changes, clock)
    await changes.end(key, Outcome.DONE, "first", entry("end"))
    await changes.end(key, Outcome.FAILED, "second", entry("end again"))
    known = await changes.get(key)
    assert (known.outcome, known.final) == ("done", "first")
    assert not await changes.stop(key, "Ada", entry("stop"))
    assert await changes.vote(key, "d", vote(ABE, clock), entry("v")) is Decision.DECIDED_ALREADY
    assert [one.id for one in await changes.ended(5)] == [key]
    assert await changes.open() == []


async def test_a_stop_is_heard_at_the_next_step_and_ends_what_waits(changes, clock):
    running, waits = await waiting(changes, clock, 1, needed=0), await waiting(changes, clock, 2)
    assert await changes.at_step(running, "Mix") == ""
    assert await changes.stop(running, "Ada Admin", entry("s1"))
    assert await changes.at_step(running, "Paint") == "Ada Admin"
    assert (await changes.get(running)).step == "Mix"
    await changes.stop(waits, "Ada Admin", entry("s2"))
    assert (await changes.get(waits)).outcome == "cancelled"


# The trail


async def test_the_trail_is_read_newest_first_in_pages(database, clock):
    kept = Trail(database)
    for number in range(25):
        who = ADA if number % 5 == 0 else OLU
        moment = clock() + timedelta(hours=number)
        await kept.write(replace(entry(f"k{number}"), object_id=who.object_id, at=moment))
    await kept.write(entry("k3"))
    page = await kept.page(limit=10)
    assert [line.number for line in page] == list(range(25, 15, -1))
    assert [line.number for line in await kept.page(limit=10, before=16)] == list(range(15, 5, -1))
    assert [line.number for line in await kept.page(object_id=ADA.object_id)] == [21, 16, 11, 6, 1]
    assert len(await kept.page(since=clock() + timedelta(hours=20))) == 5


async def test_a_trail_written_by_many_at_once_has_no_gap(database):
    kept = Trail(database)
    await asyncio.gather(*(kept.write(entry(f"k{number}")) for number in range(60)))
    count, last, gaps = await asyncio.to_thread(verify, database)
    assert (count, gaps) == (60, [])
    assert last == (await asyncio.to_thread(_hashes, database))[-1]


def _hashes(database):
    query = sa.select(trail.c.hash).order_by(trail.c.number)
    return database.run_now(lambda connection: [row.hash for row in connection.execute(query)])


@pytest.mark.parametrize("statement", ["UPDATE trail SET name = 'x'", "DELETE FROM trail WHERE number = 2"])
async def test_nobody_changes_the_trail_by_the_way(database, statement):
    await Trail(database).write(entry("k1"))
    await Trail(database).write(entry("k2"))
    with pytest.raises(Unavailable):
        await database.run(lambda connection: connection.execute(sa.text(statement)))
    assert (await asyncio.to_thread(verify, database))[0] == 2


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE trail SET name = 'x' WHERE number = 2", "was changed after it was written"),
        ("UPDATE trail SET command = '' WHERE number = 3", "was changed after it was written"),
        ("DELETE FROM trail WHERE number = 2", "entries 2 to 2 are missing"),
        ("DELETE FROM trail WHERE number = 1", "entries 1 to 1 are missing"),
        ("UPDATE trail SET previous = hash WHERE number = 2", "does not follow"),
    ],
)
async def test_whoever_does_it_on_purpose_is_found_out(database, statement, said):
    for number in range(1, 4):
        await Trail(database).write(entry(f"k{number}"))
    await database.run(lambda connection: _by_force(connection, statement))
    gaps = (await asyncio.to_thread(verify, database))[2]
    assert any(said in gap.what for gap in gaps)


def _by_force(connection, statement):
    if connection.dialect.name == "sqlite":
        connection.execute(sa.text("DROP TRIGGER trail_no_update"))
        connection.execute(sa.text("DROP TRIGGER trail_no_delete"))
    else:
        connection.execute(sa.text("ALTER TABLE trail DISABLE TRIGGER ALL"))
    connection.execute(sa.text(statement))


async def test_an_entry_is_there_with_what_it_tells_of_or_neither_is(database):
    def broken(connection):
        append(connection, entry("k1"))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await database.run(broken)
    assert await Trail(database).page() == []


async def test_the_trail_is_exported_whole_and_without_formulas(database):
    await Trail(database).write(replace(entry("k1", detail={"reason": "so"}), name="=1+1", command="+x"))
    (line,) = await asyncio.to_thread(lambda: list(export(database, "jsonl")))
    assert json.loads(line)["detail"] == {"reason": "so"}
    rows = await asyncio.to_thread(lambda: list(export(database, "csv")))
    (row,) = csv.DictReader(io.StringIO("\n".join(rows)))
    assert (row["name"], row["command"]) == ("'=1+1", "'+x")


# Around it


async def test_tables_are_made_once_and_are_what_the_code_says(database):
    await asyncio.to_thread(database.migrate)
    inspected = await database.run(lambda connection: _described(sa.inspect(connection)))
    assert inspected == {name: {column.name for column in table.columns} for name, table in metadata.tables.items()}


def _described(inspector):
    names = [name for name in inspector.get_table_names() if name != "schema_version"]
    return {name: {column["name"] for column in inspector.get_columns(name)} for name in names}


def _shape(connection):
    """All that SQLite knows of the tables, but for the order in which they came to be."""

    def told(pragma, name):
        return [tuple(row)[1:] for row in connection.exec_driver_sql(f"PRAGMA {pragma}('{name}')")]

    listed = connection.exec_driver_sql("SELECT type, name, tbl_name, sql FROM sqlite_master").all()
    tables = {name for kind, name, _, _ in listed if kind == "table"}
    return {
        "triggers": {tuple(row) for row in listed if row[0] == "trigger"},
        "indexes": {
            (name, table, tuple(told("index_info", name))) for kind, name, table, _ in listed if kind == "index"
        },
        "columns": {table: set(told("table_info", table)) for table in tables},
        "foreign keys": {table: sorted(map(str, told("foreign_key_list", table))) for table in tables},
    }


def test_a_new_file_gets_the_tables_that_the_migrations_lead_to(tmp_path):
    shapes = []
    for name, make in (("new", Database.migrate), ("migrated", lambda one: one.run_now(_whole_way))):
        database = Database(f"sqlite:///{tmp_path / name}.sqlite")
        make(database)
        shapes.append(database.run_now(_shape))
        database.close()
    assert shapes[0] == shapes[1]
    assert len(shapes[0]["triggers"]) == 2


def _whole_way(connection):
    assert migrating.upgrade(connection, Path(tables.__file__).with_name("migrations"))


def test_the_newest_version_is_the_one_that_alembic_leads_to():
    config = Config()
    config.set_main_option("script_location", str(Path(tables.__file__).with_name("migrations")))
    assert ScriptDirectory.from_config(config).get_current_head() == newest_version()


async def test_tables_that_are_of_this_version_are_not_looked_at_again(database, monkeypatch):
    monkeypatch.setattr(migrating, "upgrade", lambda *_: pytest.fail("nothing is to be changed"))
    await asyncio.to_thread(database.migrate)


async def test_tables_of_a_newer_bot_are_left_alone(database):
    await database.run(lambda connection: connection.execute(sa.text("UPDATE schema_version SET version_num = '9999'")))
    with pytest.raises(Unavailable, match="newer version"):
        await asyncio.to_thread(database.migrate)


async def test_names_and_replicas_are_remembered(database, clock):
    names = Names(database)
    names.met(OLU)
    names.met(replace(OLU, name="Olu O."))
    await names.close()
    fresh = Names(database)
    await fresh.load()
    assert fresh.name(OLU.object_id.upper()) == "Olu O."
    first, second = Replicas(database, "bot-0"), Replicas(database, "bot-1")
    await first.alive(clock())
    await second.alive(clock() + timedelta(minutes=2))
    later = clock() + timedelta(minutes=2)
    assert await second.silent(later, timedelta(minutes=1)) == ["bot-0"]
    await second.taken_over("bot-0", later)
    assert await second.silent(later, timedelta(minutes=1)) == []
    assert await second.missing(clock()) == [("bot-0", clock())]
    await first.alive(later)
    assert await second.missing(clock()) == []


async def test_names_of_many_who_write_at_once_are_one_transaction(database, monkeypatch):
    names, transactions = Names(database), []
    real = database.run
    monkeypatch.setattr(database, "run", lambda work: transactions.append(work) or real(work))
    crowd = [Person(f"{n:08x}-0000-4000-8000-000000000000", "t", f"Guest {n}") for n in range(50)]
    for person in crowd:
        names.met(person)
    assert names.name(crowd[7].object_id) == "Guest 7"
    await names.close()
    assert len(transactions) == 1
    for person in crowd:
        names.met(person)
    await names.close()
    assert len(transactions) == 1, "names that are on record are written down again"
    fresh = Names(database)
    await fresh.load()
    assert [fresh.name(person.object_id) for person in crowd] == [person.name for person in crowd]


async def test_a_name_that_comes_while_others_are_written_is_written_after_them(database):
    names = Names(database)
    names.met(OLU)
    await asyncio.sleep(0)
    names.met(replace(OLU, name="Olu O."))
    await names.close()
    fresh = Names(database)
    await fresh.load()
    assert fresh.name(OLU.object_id) == "Olu O."


async def test_names_are_written_down_once_the_store_is_there_again(database, monkeypatch):
    names, real = Names(database), database.run
    monkeypatch.setattr(database, "run", _out)
    names.met(OLU)
    await names.close()
    assert names.name(OLU.object_id) == OLU.name
    monkeypatch.setattr(database, "run", real)
    names.met(OLU)
    await names.close()
    fresh = Names(database)
    await fresh.load()
    assert fresh.name(OLU.object_id) == OLU.name


async def _out(_):
    raise Unavailable("the store", "is out")


def test_another_kind_of_database_is_refused():
    with pytest.raises(ValueError, match="sqlite or postgresql"):
        Database("mysql://x@y/z")


def _upgraded(connection, revision):
    config = Config()
    config.set_main_option("script_location", str(Path(tables.__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


async def test_a_store_of_the_version_before_keeps_what_it_had(url, clock):
    """Replicas of the old version made it; the new one adds to it."""
    old = Database(url)
    old.run_now(lambda connection: _upgraded(connection, "0001"))
    row = {name: value for name, value in _columns(change(1, clock)).items() if name != "schedule"}
    columns, values = ", ".join(row), ", ".join(f":{name}" for name in row)
    insert = sa.text(f"INSERT INTO changes ({columns}) VALUES ({values})")  # noqa: S608 - names of columns
    old.run_now(lambda connection: connection.execute(insert, row))
    await asyncio.to_thread(old.migrate)
    found = await Changes(old, clock).get(f"{1:016x}")
    assert found == change(1, clock)
    await asyncio.to_thread(old.close)


# Who somebody is


def _raw_vote(connection, change, person, verdict, at):
    statement = sa.text("INSERT INTO votes (change, person_id, verdict, at) VALUES (:change, :person, :verdict, :at)")
    connection.execute(statement, {"change": change, "person": person, "verdict": verdict, "at": at})


async def test_ids_of_earlier_releases_are_spelled_anew_and_each_counts_once(url, clock):
    old = Database(url)
    old.run_now(lambda connection: _upgraded(connection, "0006"))
    shouted = OLU.object_id.upper()
    row = {**_columns(change(1, clock)), "requester_id": shouted}
    names, values = ", ".join(row), ", ".join(f":{name}" for name in row)
    insert = sa.text(f"INSERT INTO changes ({names}) VALUES ({values})")  # noqa: S608 - names of columns
    key, abe, ann = row["id"], ABE.object_id, ANN.object_id

    def work(connection):
        connection.execute(insert, row)
        _raw_vote(connection, key, abe, "approve", "1")
        _raw_vote(connection, key, abe.upper(), "approve", "2")
        _raw_vote(connection, key, ann, "approve", "3")
        _raw_vote(connection, key, f"{{{ann}}}", "reject", "4")
        _raw_vote(connection, key, OLU.object_id, "approve", "5")
        _raw_vote(connection, key, "nobody at all", "approve", "6")
        people = json.dumps([[abe.upper(), "t", "Abe"], [abe, "t", "Abe"], [ann, "t", "Ann"]])
        schedule = "INSERT INTO schedules (id, creator_id, approvers) VALUES ('s', :who, :people)"
        connection.execute(sa.text(schedule), {"who": shouted, "people": people})
        for spelled, name in ((abe, "Abe"), (f"{{{abe}}}", "Abe again"), (f"{{{ann}}}", "Ann")):
            named = sa.text("INSERT INTO people (object_id, name) VALUES (:id, :name)")
            connection.execute(named, {"id": spelled, "name": name})

    old.run_now(work)
    await asyncio.to_thread(old.migrate)
    read = sa.text("SELECT person_id, verdict FROM votes ORDER BY person_id")
    votes = await old.run(lambda connection: [tuple(one) for one in connection.execute(read)])
    assert sorted(votes) == sorted(
        [(abe, "approve"), (ann, "reject"), (OLU.object_id, "approve"), ("nobody at all", "approve")]
    )
    select = sa.text("SELECT creator_id, approvers FROM schedules")
    ((creator, approvers),) = await old.run(lambda connection: connection.execute(select).all())
    assert creator == OLU.object_id
    assert [one[0] for one in json.loads(approvers)] == [abe, ann]
    names = Names(old)
    await names.load()
    assert (names.name(abe), names.name(ann)) == ("Abe", "Ann")
    with pytest.raises(Unavailable):
        await old.run(lambda connection: _raw_vote(connection, key, abe.upper(), "approve", "7"))
    await asyncio.to_thread(old.close)


async def test_no_vote_of_the_requester_or_of_nobody_is_an_approval(changes, clock):
    made = change(1, clock, votes=(vote(OLU, clock), vote(replace(ABE, object_id="nobody"), clock), vote(ANN, clock)))
    assert [one.person for one in made.approvals] == [ANN]
    twice = (vote(ABE, clock), vote(replace(ABE, object_id=f"8:orgid:{ABE.object_id.upper()}"), clock))
    assert len(change(2, clock, votes=twice).approvals) == 1
    await changes.create(change(3, clock, votes=twice), entry("a"))
    assert len((await changes.get(f"{3:016x}")).votes) == 1


async def test_the_trail_is_found_by_the_id_as_earlier_releases_wrote_it(database):
    wrote = entry("a")
    await Trail(database).write(replace(wrote, object_id=OLU.object_id.upper()))
    await Trail(database).write(entry("b"))
    assert len(await Trail(database).page(object_id=OLU.object_id)) == 2


# Personal chats


async def test_personal_chats_are_known_by_person_and_forgotten_with_their_place(database, clock):
    chats = Chats(database, clock)
    for who, place in ((OLU, "a:olu"), (ABE, "a:old"), (ABE, "a:abe"), (replace(ANN, object_id="no id"), "a:no")):
        await chats.met(who, place)
        clock.forward(timedelta(minutes=1))
    assert [(one.person, one.place) for one in await chats.found(10)] == [(ABE, "a:abe"), (OLU, "a:olu")]
    await chats.note([OLU])
    assert [one.person for one in await chats.found(1)] == [OLU]
    await chats.forget(lambda place: place == "a:abe")
    assert [one.person for one in await Chats(database, clock).found(10)] == [OLU]
    await chats.met(ABE, "a:abe")
    assert len(await chats.found(10)) == 2


async def test_copies_of_a_card_are_known_by_their_place(changes, clock):
    await changes.create(change(1, clock), entry("a"))
    key = f"{1:016x}"
    await changes.copied(key, "there", "m1")
    await changes.copied(key, "there", "m2")
    await changes.copied(key, "elsewhere", "m3")
    assert await changes.copies(key) == {"there": "m2", "elsewhere": "m3"}
