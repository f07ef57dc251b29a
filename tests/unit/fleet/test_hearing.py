"""Whether the centre hears anybody, and what it is told when it hears again."""

from datetime import timedelta

from energy_manager.application.fleet.at_centre.hearing import DEAF_S, Hearing, Look

NO_TIME = timedelta(0)


def test_who_hears_nobody_for_a_beat_is_deaf_and_is_told_once_for_how_long():
    now = [100.0]
    hearing = Hearing(elapsed_s=lambda: now[0])
    assert hearing.look() == Look(hears=True, away=NO_TIME)
    now[0] += DEAF_S + 1
    assert hearing.look() == Look(hears=False, away=NO_TIME)
    hearing.heard()
    now[0] += 1
    assert hearing.look() == Look(hears=True, away=timedelta(seconds=DEAF_S + 1))
    assert hearing.look() == Look(hears=True, away=NO_TIME)


def test_a_site_that_is_heard_in_the_middle_of_a_look_hides_no_deafness():
    """The bus's thread comes in wherever it likes: here while the time is asked for."""
    now, interrupting = [0.0], []

    def elapsed_s():
        if interrupting:
            interrupting.pop()()
        return now[0]

    hearing = Hearing(elapsed_s=elapsed_s)
    now[0] = 30.0
    interrupting.append(hearing.heard)
    assert hearing.look() == Look(hears=True, away=timedelta(seconds=30))
