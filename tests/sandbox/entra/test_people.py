"""Who lives in the sandbox: always the same people, and names with all that names can have in them."""

from sandbox.entra.people import PEOPLE, hub_users


def test_five_thousand_users_have_five_thousand_names():
    assert len(set(hub_users(5000))) == 5000


def test_more_users_are_the_same_ones_and_some_more():
    assert hub_users(5000)[:40] == hub_users(40)
    assert hub_users(0) == []


def test_the_first_users_have_awkward_names_too():
    names = hub_users(40)
    assert {person.upn for person in PEOPLE} <= set(names)
    for awkward in ("'", "+", "å"):
        assert any(awkward in name for name in names), awkward
    assert any(name[0].isdigit() for name in names)


def test_there_is_one_person_of_each_role_and_somebody_without():
    roles = [person.role for person in PEOPLE]
    assert sorted(set(roles)) == ["", "admin", "approver", "operator", "viewer"]
    assert len({person.object_id for person in PEOPLE}) == len(PEOPLE)
