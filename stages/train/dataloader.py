"""The batches of each step: a function of seed, epoch and place alone."""

from collections import deque
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import islice

from accelerate import Accelerator

from stages.core.seeds import derive
from stages.train.batch_maker import cut, finished, make_batch, weightless
from stages.train.dataset import TrainingData, steps_per_epoch
from stages.train.device_batches import Bringing, StepBatches, is_gpu

THREADS, AHEAD = 3, 4  # for a GPU: background threads, and steps that are prepared ahead


def work(
    task: TrainingData,
    first_step: int,
    total: int,
    accelerator: Accelerator,
    *,
    full: bool = False,
) -> Generator[StepBatches]:
    """Prepare this process's batches of each step some steps ahead, in background threads.

    For a processor that is one step. For a GPU, which is waited for by no step, it is more, and the
    threads bring them there; `full` says whether all items are candidates.
    """
    processes, rank = accelerator.num_processes, accelerator.process_index
    width = task.settings.accumulation * processes
    an_epoch = steps_per_epoch(task, processes)
    bring = Bringing(task, accelerator.device, full=full) if is_gpu(accelerator.device) else None
    threads, ahead = (THREADS, AHEAD) if bring else (1, 1)
    planned = lru_cache(2)(task.plan)

    def prepare(step: int) -> StepBatches:
        epoch = step // an_epoch
        plan = planned(epoch)
        first = step % an_epoch * width
        mine = range(len(plan))[first : first + width][rank::processes]
        tokens = sum(int(task.lengths_of(plan[index]).sum()) for index in mine)
        seeds = [derive(task.seed, "mask", epoch, index) for index in mine]
        if bring:
            cuts = [cut(task, plan[i], seed) for i, seed in zip(mine, seeds, strict=True)]
            cuts = cuts or [weightless(cut(task, plan[first], 0))]
            return bring(StepBatches(step, epoch, [], tokens), list(mine) or [first], cuts)
        made = [(i, make_batch(task, plan[i], seed)) for i, seed in zip(mine, seeds, strict=True)]
        made = made or [(first, finished(task, weightless(cut(task, plan[first], 0))))]
        return StepBatches(step, epoch, made, tokens)

    with ThreadPoolExecutor(threads) as pool:
        steps = iter(range(first_step, total))
        waiting = deque(pool.submit(prepare, step) for step in islice(steps, ahead))
        try:
            while waiting:
                found = waiting.popleft().result()
                waiting.extend(pool.submit(prepare, step) for step in islice(steps, 1))
                if bring:
                    bring.hand_over(found)
                yield found
        finally:
            for one in waiting:
                one.cancel()
