"""Playing one unit of work: its prompt, turn by turn, to one candidate."""

from dataclasses import replace

from core.providers.base import ChatRequest, ProviderFault
from core.providers.presets import request_of
from core.services.asking.asking import ask
from core.services.asking.conversation import asked_at, messages_before
from core.services.asking.costing import most_output
from core.services.running.feed import Job
from core.services.running.hand import Contender, Hand
from core.services.running.turns import TurnJournal


async def play(hand: Hand, job: Job) -> None:
    """Ask what is left of a unit, from the turn where it stands; what comes of it is on record when this returns."""
    contender, story = hand.contenders[job.unit.candidate_id], job.story
    turns = len(asked_at(job.messages))
    while len(story.answers) < turns and contender.trouble is None:
        request = _request(contender, job)
        is_final = len(story.answers) + 1 == turns
        journal = TurnJournal(hand, job.unit, contender, story, request, is_final=is_final)
        try:
            await ask(hand.connections, contender.endpoints, request, deadline_s=hand.deadline_s, journal=journal)
        except ProviderFault:
            return


def _request(contender: Contender, job: Job) -> ChatRequest:
    messages = messages_before(job.messages, job.story.texts)
    request = request_of(contender.settings, messages, repetition=job.unit.repetition)
    return request if request.max_tokens else replace(request, max_tokens=most_output(contender.settings))
