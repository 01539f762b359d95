"""The moment at which visitors see the new page: quick copies within S3, or everything back as it was."""

from itertools import groupby

from tools.aws import one_line
from tools.publish.bucket import Bucket
from tools.publish.context import Context
from tools.publish.files import LocalFile
from tools.publish.parallel import in_parallel
from tools.publish.plan import Plan, rank

_ROUNDS = 2
"""How often each file is tried to be put back; every call is tried 6 times as it is."""


class NotPlacedError(Exception):
    """It was broken off; `left` says which files could not be put back, and why."""

    def __init__(self, cause: BaseException, left: dict[str, str]) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.left = left


class Staging:
    """Where the files of one run lie that are to be put in place, and what they replace."""

    def __init__(self, context: Context, bucket: Bucket, plan: Plan, prefix: str) -> None:
        """:param prefix: ends in a slash, and is of this run alone"""
        self._context = context
        self._bucket = bucket
        self._plan = plan
        self._prefix = prefix

    def fill(self) -> None:
        """Send the files, and copy what they replace."""
        in_parallel(self._plan.placed, self._stage, self._context.stop.check)

    def place(self) -> None:
        """
        Put the files in place, those first that pages name, the page itself last.

        :raises NotPlacedError: one could not be, or the operator wants it to end; what was there is there again
        """
        begun: list[LocalFile] = []

        def act(file: LocalFile) -> None:
            begun.append(file)  # before the call: it may count although its answer gets lost
            self._bucket.copy(self._new(file), file.key)
            self._context.display.advance(files=1, size=file.size)

        try:
            for _, group in groupby(self._plan.placed, key=lambda file: rank(file.key)):
                in_parallel(list(group), act, self._context.stop.check)
        except BaseException as error:
            raise NotPlacedError(error, self._put_back(begun)) from error

    def _stage(self, file: LocalFile) -> None:
        display = self._context.display
        if file.key not in self._plan.created:
            self._bucket.copy(file.key, self._before(file))
        check = self._context.stop.check_quickly
        self._bucket.send(file, self._new(file), lambda size: display.advance(size=size), check)
        display.advance(files=1)

    def _put_back(self, begun: list[LocalFile]) -> dict[str, str]:
        """Put the page itself back first, so that it never names what is not there. Nobody can stop this."""
        if begun:
            self._context.display.phase("putting back what was there", files=len(begun))
        left: dict[str, str] = {}
        for _ in range(_ROUNDS):
            again = [file for file in begun if not left or file.key in left]
            left = {}
            ordered = sorted(again, key=lambda file: -rank(file.key))
            for _, group in groupby(ordered, key=lambda file: rank(file.key)):
                answers = in_parallel(list(group), self._restore, lambda: None)
                left |= {key: reason for key, reason in answers if reason}
            if not left:
                break
        return left

    def _restore(self, file: LocalFile) -> tuple[str, str]:
        try:
            if file.key in self._plan.created:
                self._bucket.delete(file.key)
            else:
                self._bucket.copy(self._before(file), file.key)
        except Exception as error:  # the others must be put back all the same
            return file.key, one_line(error)
        return file.key, ""

    def _new(self, file: LocalFile) -> str:
        return f"{self._prefix}new/{file.key}"

    def _before(self, file: LocalFile) -> str:
        return f"{self._prefix}before/{file.key}"
