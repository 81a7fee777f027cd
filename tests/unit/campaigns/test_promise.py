"""What the page of a predictive campaign says of the ceiling."""

from callcenter.campaigns.pacing import verdict
from web.pages.floor.campaign import promise


def test_a_refusal_names_the_lowest_ceiling_that_can_be_kept() -> None:
    """Three collectors with calls of four minutes end 36 calls an hour; four of them are 11.1 per cent."""
    refused = promise(verdict(0.03, agents=3, handling=240.0), "en")
    assert str(refused) != str(promise(None, "en"))
    assert "11.2 %" in str(refused).replace("\xa0", " "), "rounded up, so that what is named can be kept"
    assert "Refused" not in str(promise(verdict(0.112, agents=3, handling=240.0), "en"))
