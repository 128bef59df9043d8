"""Runs compiled rules over a claim's facts in the durable_rules kernel; the only module that touches the kernel.

The kernel is C without a safety net. Here it gets whole numbers only, ids that it can tell apart, one session that is emptied by
retraction and checked to be empty, and one thread. ``docs/rules-engine.md`` lists its faults and the guard against each.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import count

import durable_rules_engine as kernel
import msgspec

from engine.errors import EvaluationError
from engine.fact import Fact
from engine.rules.columns import fill
from engine.rules.compile import CompiledRules
from engine.rules.contract import RunContext, RunResult
from engine.rules.limits import MAXIMUM_PATTERNS_OF_RULE, MAXIMUM_PROPERTIES, IdentifierPool
from engine.rules.plan import Mark, PlannedRule
from engine.rules.rulesets import ALWAYS, GATE, SESSION, WARM, Ruleset, flag
from engine.rules.run import Run, Wave

_MAXIMUM_POLICIES = 8  # compiled policies whose kernel rulesets are kept
_GATE_FACT = msgspec.json.encode({"id": GATE, "sid": SESSION, GATE: 1}).decode()
_GATE_RETRACTION = msgspec.json.encode({"id": GATE, "sid": SESSION}).decode()
_WARM_FACT = msgspec.json.encode({"id": WARM, "sid": SESSION, WARM: 1}).decode()
_NAMES = count()
_FINE = 0
_UNMATCHED = 1  # a fact that no pattern reads is not stored


class _Matched(msgspec.Struct):
    """A fact in the kernel's answer: only its id is read."""

    id: str


Properties = dict[str, int | str]
Answer = Callable[[str, dict[str, _Matched]], None]
_ANSWER = msgspec.json.Decoder(dict[str, dict[str, _Matched]])
_ENCODE = msgspec.json.Encoder().encode


class KernelError(EvaluationError):
    """The kernel answered with an error or did not come clean; its ruleset was thrown away."""


def _ignore(_name: str, _bound: dict[str, _Matched]) -> None:
    """Answers the action that prepares a ruleset."""


class KernelRuleset:
    """One ruleset in the kernel's memory."""

    def __init__(self, ruleset: Ruleset) -> None:
        """Hands the definition to the kernel."""
        self.ruleset = ruleset
        self.pool = IdentifierPool(SESSION, [GATE, WARM])
        self.flags = {mark: flag(mark) for mark in ruleset.columns}
        self.aliases = [f"m{index}" for index in range(MAXIMUM_PATTERNS_OF_RULE)]
        self.rules = {f"r{index}": rule for index, rule in enumerate(ruleset.rules)}
        self._handle: int = kernel.create_ruleset(f"claimrules-{next(_NAMES)}", ruleset.definition)
        self._alive = False  # whether the kernel has a state for the session
        self._fired = False  # whether that state has fired a rule
        self._warm_up()

    def _warm_up(self) -> None:
        """Fires a rule once: until then the kernel's state holds garbage pointers, which ``delete_state`` would free."""
        self._alive = True
        self._checked(kernel.assert_fact(self._handle, _WARM_FACT))
        self._drain(_ignore)
        if not self._fired:
            raise KernelError("the rules kernel did not fire the rule that prepares it")
        self._delete_state()

    def delete(self) -> None:
        """Frees the kernel's memory; the ruleset cannot be used afterwards."""
        if self._alive:
            with suppress(kernel.error):  # after a fault the kernel may know no such session
                self._delete_state()
        kernel.delete_ruleset(self._handle)

    def run(self, properties: Sequence[Properties], answer: Answer) -> None:
        """Asserts facts, then the gate, and passes each action to ``answer`` as the kernel's rule name and the facts by alias."""
        self._assert(properties)
        self._checked(kernel.assert_fact(self._handle, _GATE_FACT))
        self._drain(answer)

    def feed(self, properties: Sequence[Properties], answer: Answer) -> None:
        """Asserts derived facts after the gate, for rules that feed each other."""
        self._assert(properties)
        self._drain(answer)

    def clean(self, sent: Collection[str]) -> None:
        """Empties the session, and verifies that nothing is left.

        A session in which nothing fired is emptied by retraction, the gate first, which is cheaper. After a firing the kernel keeps
        the finished action on its facts, and their retraction reads past the end of its heap: then the session is deleted.
        """
        if self._fired:
            self._delete_state()
            return
        kernel.retract_fact(self._handle, _GATE_RETRACTION)
        kernel.retract_facts(self._handle, _ENCODE([{"id": one, "sid": SESSION} for one in sent]).decode())
        if kernel.get_facts(self._handle, SESSION) != "[]":
            raise KernelError("the rules kernel kept facts of a finished claim")

    def _delete_state(self) -> None:
        kernel.delete_state(self._handle, SESSION)
        self._alive = self._fired = False

    def _assert(self, properties: Sequence[Properties]) -> None:
        if any(len(one) > MAXIMUM_PROPERTIES + 3 for one in properties):
            raise KernelError("a fact has more properties than the rules kernel takes")
        self._alive = True
        self._checked(kernel.assert_facts(self._handle, _ENCODE(properties).decode()))

    def _checked(self, outcome: tuple[int, int]) -> None:
        if outcome[0] not in (_FINE, _UNMATCHED):
            raise KernelError(f"the rules kernel answered with code {outcome[0]}")

    def _drain(self, answer: Answer) -> None:
        action = kernel.start_action(self._handle)
        if action is None:
            return
        self._fired = True
        _, result, handle = action
        while result is not None:
            for name, bound in _ANSWER.decode(result).items():
                answer(name, bound)
            result = kernel.complete_and_start_action(self._handle, handle)


class Session:
    """Owns the kernel's rulesets of one process; used by the thread that made it and no other."""

    def __init__(self) -> None:
        """Starts without a ruleset; each is made when first triggered."""
        self._thread = threading.get_ident()
        self._kernels: OrderedDict[int, tuple[CompiledRules, dict[int, KernelRuleset]]] = OrderedDict()

    def run(self, compiled: CompiledRules, facts: Sequence[Fact], context: RunContext) -> RunResult:
        """Returns what the rules say of facts, whatever the order they come in.

        Raises EvaluationError when a bound is passed, a value is too large to be compared, or the kernel reports a fault (the
        ruleset is then made anew for the next run).
        """
        self._assert_owner()
        run = Run(compiled, facts, context)
        rulesets = self._rulesets(compiled)
        for level in (*compiled.levels, compiled.exceptions):
            if level is compiled.exceptions:
                run.add_findings()
            for ruleset, rules in run.triggered(level):
                self._run_ruleset(rulesets, ruleset, rules, run)
            run.end_level()
        return run.result()

    def close(self) -> None:
        """Deletes every ruleset in the kernel."""
        self._assert_owner()
        while self._kernels:
            _, (_, rulesets) = self._kernels.popitem()
            _delete_all(rulesets)

    def _assert_owner(self) -> None:
        if threading.get_ident() != self._thread:
            raise RuntimeError("a session of the rules kernel is used by the thread that made it only")

    def _rulesets(self, compiled: CompiledRules) -> dict[int, KernelRuleset]:
        key = id(compiled)
        if key in self._kernels:
            self._kernels.move_to_end(key)
        else:
            self._kernels[key] = (compiled, {})
            while len(self._kernels) > _MAXIMUM_POLICIES:
                _, (_, evicted) = self._kernels.popitem(last=False)
                _delete_all(evicted)
        return self._kernels[key][1]

    def _run_ruleset(
        self, rulesets: dict[int, KernelRuleset], ruleset: Ruleset, rules: Sequence[PlannedRule], run: Run
    ) -> None:
        made = rulesets.get(id(ruleset))
        if made is None:
            made = rulesets[id(ruleset)] = KernelRuleset(ruleset)
        try:
            _run_triggered(made, rules, run)
        except kernel.error as error:
            _discard(rulesets, made)
            raise KernelError(f"the rules kernel reported a fault: {error}") from error
        except BaseException:
            _discard(rulesets, made)
            raise


def _discard(rulesets: dict[int, KernelRuleset], made: KernelRuleset) -> None:
    """Throws a ruleset away: facts may be left in it, so nothing of it is trusted any more."""
    del rulesets[id(made.ruleset)]
    made.delete()


def _delete_all(rulesets: dict[int, KernelRuleset]) -> None:
    while rulesets:
        rulesets.popitem()[1].delete()


def _run_triggered(made: KernelRuleset, rules: Sequence[PlannedRule], run: Run) -> None:
    """Runs the triggered rules of one ruleset; rules that feed each other in waves, until a wave derives nothing new."""
    ruleset = made.ruleset
    marks = {pattern.mark for rule in rules for pattern in (*rule.when, *rule.unless)}
    batch = _Batch(made, run)
    wave = Wave(ruleset, run)

    def answer(name: str, bound: dict[str, _Matched]) -> None:
        planned = made.rules[name]
        wave.add(planned, [batch.facts[bound[alias].id] for alias in made.aliases[: len(planned.when)]])

    made.run(batch.properties(marks, run.hits), answer)
    while ruleset.cyclic:
        properties = batch.properties(ruleset.columns, wave.advance())
        if not properties:
            break
        made.feed(properties, answer)
    made.clean(batch.facts)
    run.sessions += 1
    run.sent += len(batch.facts)


class _Batch:
    """The facts that one run of a ruleset was given, by the ids that stand for them in the kernel."""

    def __init__(self, made: KernelRuleset, run: Run) -> None:
        self.facts: dict[str, Fact] = {}
        self._made = made
        self._run = run

    def properties(self, marks: Iterable[Mark], hits: Mapping[int, Sequence[Fact]]) -> list[Properties]:
        """Returns what the kernel is told of each fact that can have one of the marks, once for each slot."""
        found: dict[tuple[int, int], tuple[Fact, Properties]] = {}
        columns, keys, context = self._made.ruleset.columns, self._run.keys, self._run.context
        for mark in marks:
            condition, slot = mark
            name = self._made.flags[mark]
            for fact in hits.get(condition, ()):
                entry = found.get((id(fact), slot))
                if entry is None:
                    entry = found[(id(fact), slot)] = (fact, {"id": "", "sid": SESSION, ALWAYS: 1})
                properties = entry[1]
                properties[name] = 1
                for column in columns[mark]:
                    fill(properties, column, fact, keys, context)
        used = len(self.facts)
        identifiers = self._made.pool.first(used + len(found))
        for position, (fact, properties) in enumerate(found.values(), start=used):
            identifier = identifiers[position]
            properties["id"] = identifier
            self.facts[identifier] = fact
        return [properties for _, properties in found.values()]
