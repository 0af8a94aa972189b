"""The job on localcloud: everything in order, and nothing left."""


def test_a_job_from_checkout_to_teardown(prow):
    ended = prow.run()
    print(ended.output)
    assert ended.code == 0, ended.output
    assert prow.inventory() == set()
    assert prow.releases == ["dirty"]
