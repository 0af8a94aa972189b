"""Ready: both nodes, started at the same moment, build themselves and say so."""


def test_both_nodes_become_ready(make_site):
    """Neither is started after the other, and nobody helps."""
    site = make_site()
    site.controller.start()
    site.worker.start()

    answers = [site.wait(site.controller), site.wait(site.worker)]
    answers.append(site.wait(site.controller, "worker"))

    assert [answer.state["verdict"] for answer in answers] == ["ready"] * 3, answers
