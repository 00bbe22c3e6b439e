"""The search for strengths: Optuna chooses, chains run stage by stage, everything is resumed.

The first trial has the middle strengths. A space without ranges that has no more combinations than
there are trials is walked through; others are searched by a tree of Parzen estimators (Bergstra et
al. 2011) that knows which candidates broke a limit. A trial ends early when its cost rules it out
before any training, or when validation has fallen too far behind one of its steps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx_ir as ir

from edgec.compress.chain import run_chain
from edgec.compress.cost import Cost
from edgec.compress.hashes import model_sha256, task_sha256
from edgec.compress.method import quiet
from edgec.compress.order.precedence import fixed_edge
from edgec.compress.search.candidate import Candidate, Tried
from edgec.compress.search.layout import Layout, lay_out
from edgec.compress.search.limits import Break, broken
from edgec.compress.search.options import SearchOptions
from edgec.compress.search.problem import Problem, run_stage
from edgec.compress.search.space import Space
from edgec.compress.search.telling import Teller
from edgec.errors import FormatError, MethodError, MissingExtra
from edgec.provenance import sha256_of_json, tool_versions

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import Trial

SLACK = 1.25  # of a cost known before training: what training may still change about it


@dataclass(frozen=True)
class Found:
    """original: cost of the model given; score: its score. candidates: all, in their order.

    best: the best one that meets the limits; None when none does, then see `nearest`.
    """

    original: Cost
    score: float
    candidates: tuple[Candidate, ...]
    best: Candidate | None

    def nearest(self, count: int = 3) -> tuple[Candidate, ...]:
        """Those that miss the limits by least; ones that were given up only if all were."""
        whole = [c for c in self.candidates if not c.stopped]
        return tuple(sorted(whole or self.candidates, key=lambda c: c.excess)[:count])


class Search:
    """One search; its files go to `folder` and are found again by the next one there.

    MethodError for an order that cannot be and when the first method cannot be applied to the
    model; no folder is made then.
    """

    def __init__(self, problem: Problem, options: SearchOptions, folder: Path) -> None:
        self._problem, self._options, self._folder = problem, options, folder
        self._space = Space(problem.tables)
        self._refuse_impossible()
        self._original = problem.price(problem.model)
        self._score = 0.0

    def run(self) -> Found:
        """Tries until `trials` candidates are known."""
        start = run_chain(self._problem.model, (), self._problem.given, self._folder / "stages")
        assert start.before is not None
        self._score = start.before
        study = self._study()
        self._again(study)
        wanted = min(self._options.trials, self._space.size or self._options.trials)
        teller = self._teller(wanted, len(_candidates(study)))
        while (done := len(_candidates(study))) < wanted:
            study.sampler = _sampler(self._problem.given.seed + done)
            study.optimize(partial(self._objective, teller), n_trials=1)
        tried = {sha256_of_json(c.strengths): c for c in reversed(_candidates(study))}
        found = tuple(sorted(tried.values(), key=lambda c: c.number))
        meeting = [c for c in found if c.meets]
        best = max(meeting, key=self._worth, default=None)
        return Found(self._original, self._score, found, best)

    def model(self, candidate: Candidate) -> ir.Model:
        """The model of a candidate that went to its end: from its files, or made again."""
        names = {tried.stage.name for tried in candidate.steps}
        steps = [s for s in self._problem.steps(candidate.strengths) if s.name in names]
        silent = replace(self._problem, given=replace(self._problem.given, progress=quiet))
        model = self._problem.model
        for number in range(len(steps)):
            model = run_stage(silent, model, steps[:number + 1], self._folder)[0]
        return model

    def _worth(self, candidate: Candidate) -> tuple[float, ...]:
        assert candidate.score is not None
        assert candidate.cost is not None
        return self._options.worth(candidate.score, candidate.cost)

    def _refuse_impossible(self) -> None:
        """An order that methods forbid; what the first cannot do to the model at any strength."""
        steps = self._problem.steps({})
        for one, other in combinations(steps, 2):
            edge = fixed_edge((one.name, one.method), (other.name, other.method))
            if edge is not None and edge.first == other.name:
                raise MethodError(f"{other.name} cannot come after {one.name}: {edge.reason}. "
                                  "Put it before, or leave the order out.")
        first = steps[0]
        problems = list(first.method.check(self._problem.model, self._problem.given))
        if problems:
            raise MethodError(f"{first.name} cannot be applied:\n"
                              + "\n".join(f"  {problem}" for problem in problems))

    def _study(self) -> Study:
        optuna = _optuna()
        lowest, path = self._lowest(), self._folder / "search.journal"
        backend = optuna.storages.journal.JournalFileBackend(str(path))
        pruner = (optuna.pruners.NopPruner() if lowest is None else
                  optuna.pruners.ThresholdPruner(lower=lowest))
        try:
            return optuna.create_study(  # type: ignore[no-any-return]
                storage=optuna.storages.JournalStorage(backend), study_name=self._identity(),
                direction="maximize", load_if_exists=True, pruner=pruner)
        except (ValueError, KeyError, TypeError) as error:
            raise FormatError(f"the record of trials {path} is damaged: {error}. Remove it and "
                              "search again: the models beside it are found.") from None

    def _lowest(self) -> float | None:
        """The score on validation below which a trial is given up."""
        drop = self._problem.limits.drop
        return None if drop is None else self._score - drop - self._options.recover

    def _identity(self) -> str:
        """A search of the same name is the same search; the number of trials may grow."""
        task, target = self._problem.given.task, self._problem.given.target
        assert task is not None
        return sha256_of_json({
            "model": model_sha256(self._problem.model), "task": task_sha256(task),
            "target": None if target is None else target.name, "tools": tool_versions(),
            "tables": repr(self._problem.tables), "files": self._problem.files(),
            "limits": repr(self._problem.limits),
            "seed": self._problem.given.seed, "cost": self._original.to_json(),
            "options": repr(replace(self._options, trials=1))})

    def _again(self, study: Study) -> None:
        """Trials to begin with: those that were interrupted, then the middle, then all there are.
        """
        import optuna

        for trial in study.trials:
            if trial.state == optuna.trial.TrialState.RUNNING:
                study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        size = self._space.size
        known = [t.params for t in study.trials if t.state != optuna.trial.TrialState.FAIL]
        broken_off = [t.params for t in study.trials if t.state == optuna.trial.TrialState.FAIL]
        walk = list(self._space.all()) if size and size <= self._options.trials else []
        for params in (*broken_off, self._space.middle(), *walk):
            if params not in known and not _waits(study, params):
                study.enqueue_trial(params)
                known.append(params)

    def _teller(self, wanted: int, done: int) -> Teller:
        given = self._problem.given
        assert given.task is not None
        return Teller(given.progress, wanted, done, given.task.metric)

    def _objective(self, teller: Teller, trial: Trial) -> float:
        import optuna

        strengths = self._space.suggest(trial)
        same = next((c for c in _candidates(trial.study) if c.strengths == strengths), None)
        candidate = Candidate(trial.number, strengths)
        teller.begins(candidate)
        candidate = replace(same, number=trial.number) if same else self._try(candidate, trial)
        teller.ends(candidate)
        trial.set_user_attr("candidate", candidate.to_json())
        for name in ("drop", "bytes", "latency_us", "worst_latency_us", "bit_ops_ratio"):
            excess = next((b.excess for b in candidate.breaks if b.limit == name), 0.0)
            trial.set_constraint(name, excess)
        if candidate.stopped:
            trial.set_constraint("runs", 0.0 if candidate.breaks else 1.0)
            raise optuna.TrialPruned(candidate.stopped)
        trial.set_constraint("runs", 0.0)
        return _signed_log(self._worth(candidate)[0])

    def _try(self, candidate: Candidate, trial: Trial) -> Candidate:
        problem = self._problem
        layout = lay_out(problem.model, problem.steps(candidate.strengths), problem.given,
                         problem.price, problem.limits)
        for refused in layout.refused:
            problem.given.progress(f"{refused.step} is left out: {refused.reason}")
        candidate = replace(candidate, refused=layout.refused)
        breaks = () if layout.cost is None else self._ruled_out(layout.cost)
        if breaks:
            reason = "ruled out by its cost before training: " + "; ".join(map(str, breaks))
            return replace(candidate, stopped=reason, breaks=breaks)
        try:
            return self._run(candidate, layout, trial)
        except MethodError as error:
            return replace(candidate, stopped=f"given up: {error}")

    def _ruled_out(self, cost: Cost) -> tuple[Break, ...]:
        found = broken(self._problem.limits, cost, self._original, None)
        return tuple(b for b in found if b.excess > SLACK - 1)

    def _run(self, candidate: Candidate, layout: Layout, trial: Trial) -> Candidate:
        """The steps with their training, stage by stage."""
        problem, tried = self._problem, list[Tried]()
        model = problem.model
        score: float | None = self._score
        for number in range(len(layout.steps)):
            model, step = run_stage(problem, model, layout.steps[:number + 1], self._folder)
            tried.append(step)
            score = step.stage.score
            assert score is not None
            trial.report(score, number)
            if trial.should_prune():
                drop = Break("drop", self._score - score, self._problem.limits.drop or 0.0)
                return replace(candidate, steps=tuple(tried), breaks=(drop,), stopped=f"given up "
                               f"behind {step.stage.name}: validation {score:.4f}, below "
                               f"{self._lowest():.4f}")
        assert score is not None
        cost = tried[-1].cost if tried else self._original
        breaks = broken(self._problem.limits, cost, self._original, self._score - score)
        return replace(candidate, steps=tuple(tried), score=score, cost=cost, breaks=breaks)


def _candidates(study: Any) -> tuple[Candidate, ...]:
    found = [t.user_attrs.get("candidate") for t in study.trials if t.state.is_finished()]
    return tuple(Candidate.from_json(document) for document in found if document)


def _waits(study: Any, params: dict[str, Any]) -> bool:
    """Whether a trial with these parameters is queued already."""
    return any(t.system_attrs.get("fixed_params") == params for t in study.trials
               if t.state.name == "WAITING")


def _signed_log(worth: float) -> float:
    """Costs on a scale of factors; scores as they are."""
    return worth if abs(worth) <= 1 else math.copysign(1 + math.log(abs(worth)), worth)


def _sampler(seed: int) -> Any:
    """A sampler for one trial: seeded by its number, so a resumed search chooses the same."""
    return _optuna().samplers.TPESampler(seed=seed, n_startup_trials=5, constant_liar=False)


def _optuna() -> Any:
    try:
        import optuna
    except ImportError:
        raise MissingExtra("optuna", "search", "the search for strengths") from None
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)  # what it would tell is raised again
    return optuna

