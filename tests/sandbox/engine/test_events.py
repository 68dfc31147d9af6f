"""How long events stay."""


async def test_a_repeated_event_lives_an_hour_from_its_last_time(cluster):
    cluster.node("n1")
    cluster.images.know("x/app", "1")
    cluster.pod(image="x/app:nope")
    await cluster.after(3500)
    before = max(e["count"] for e in cluster.events("BackOff"))
    for _ in range(20):
        await cluster.clock.advance(30)
        cluster.settle()
    assert max(e["count"] for e in cluster.events("BackOff")) >= before


async def test_an_old_event_goes(cluster):
    cluster.node("n1")
    cluster.pod()
    await cluster.after(10)
    assert cluster.events("Started")
    for _ in range(130):
        await cluster.clock.advance(30)
        cluster.settle()
    assert not cluster.events("Started")
