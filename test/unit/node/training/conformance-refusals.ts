import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  EmptySplitError,
  NotSupportedError,
  type StepReport,
  type Trainer,
  TrainerArgumentError,
  TrainerBusyError,
  TrainerClosedError,
  TrainingDivergedError
} from '../../../../node/training/index.ts'
import { assertCloseTo } from './close-to.ts'
import { type CreateTrainer, INPUTS, setup, startingPoint, topology, trained, wholeBatch } from './conformance-setup.ts'

/** What every Trainer must refuse, and how it stops. */
export function describeRefusals(create: CreateTrainer): void {
  describe('refusals', () => {
    let trainer: Trainer
    before(async () => {
      const { heldOut: _, ...withoutHeldOut } = setup
      trainer = await create(withoutHeldOut)
    })
    after(() => trainer.close())

    test('rejects vectors of the wrong length', async () => {
      const short = new Float32Array(topology.parameterCount - 1)
      const good = startingPoint()
      await assert.rejects(trainer.train(short, 1), TrainerArgumentError)
      await assert.rejects(trainer.evaluate(short, 'training'), TrainerArgumentError)
      await assert.rejects(trainer.predict(short, { values: new Float32Array(INPUTS), count: 1 }), TrainerArgumentError)
      await assert.rejects(trainer.predict(good, { values: new Float32Array(INPUTS), count: 2 }), TrainerArgumentError)
      await assert.rejects(trainer.train(good, 1, { correction: short }), TrainerArgumentError)
      await assert.rejects(trainer.train(good, 1, { proximal: { centre: short, lambda: 1 } }), TrainerArgumentError)
      assert.deepEqual(good, startingPoint())
    })

    test('rejects numbers of steps and rates that make no sense', async () => {
      for (const steps of [-1, 1.5, Number.NaN]) {
        await assert.rejects(trainer.train(startingPoint(), steps), TrainerArgumentError)
      }
      for (const learningRate of [0, -1, Number.NaN]) {
        await assert.rejects(trainer.train(startingPoint(), 1, { learningRate }), TrainerArgumentError)
      }
    })

    test('rejects clipping per example rather than train without privacy', async () => {
      const parameters = startingPoint()
      await assert.rejects(trainer.train(parameters, 1, { perExampleClip: 1 }), NotSupportedError)
      assert.deepEqual(parameters, startingPoint())
    })

    test('rejects measuring on a split without rows', async () => {
      await assert.rejects(trainer.evaluate(startingPoint(), 'heldOut'), EmptySplitError)
    })

    test('rejects a second training while one is under way', async () => {
      const first = trainer.train(startingPoint(), 1)
      await assert.rejects(trainer.train(startingPoint(), 1), TrainerBusyError)
      await first
      await trainer.train(startingPoint(), 1)
    })

    test('reports a loss that is not finite and keeps the parameters of the last good step', async () => {
      const parameters = startingPoint()
      parameters[0] = Number.NaN
      const before = parameters.slice()
      await assert.rejects(trainer.train(parameters, 3), TrainingDivergedError)
      assert.deepEqual(parameters, before)
    })

    test('reports parameters that the last step made infinite', async () => {
      const training = trainer.train(startingPoint(), 1, { learningRate: Number.MAX_VALUE })
      await assert.rejects(training, TrainingDivergedError)
    })

    for (const optimiser of ['momentum', 'adam'] as const) {
      test(`remembers nothing of what ${optimiser} had gathered when the parameters diverged`, async () => {
        const plan = { ...wholeBatch, optimiser }
        const diverged = await create(plan)
        await diverged.train(startingPoint(), 2)
        const rate = { learningRate: Number.MAX_VALUE }
        await assert.rejects(diverged.train(startingPoint(), 1, rate), TrainingDivergedError)
        const parameters = startingPoint()
        await diverged.train(parameters, 2)
        await diverged.close()
        assertCloseTo(parameters, await trained(create, plan, 2), 1e-5)
      })
    }

    test('stops at a full step when its signal aborts', async () => {
      const controller = new AbortController()
      const parameters = startingPoint()
      const fresh = await create(wholeBatch)
      const onStep = ({ step }: StepReport): void => {
        if (step === 2) controller.abort(new Error('enough'))
      }
      await assert.rejects(fresh.train(parameters, 50, { onStep, signal: controller.signal }), /enough/)
      await fresh.close()
      assert.deepEqual(parameters, await trained(create, wholeBatch, 2))
    })

    test('lets a timer fire during a long call', async () => {
      const controller = new AbortController()
      setTimeout(() => controller.abort(new Error('the timer fired')), 1)
      const endless = trainer.train(startingPoint(), Number.MAX_SAFE_INTEGER, { signal: controller.signal })
      await assert.rejects(endless, /the timer fired/)
    })

    test('rejects every call after it is closed, and the one under way', async () => {
      const closing = await create(setup)
      const endless = closing.train(startingPoint(), Number.MAX_SAFE_INTEGER)
      setTimeout(() => closing.close(), 1)
      await assert.rejects(endless, TrainerClosedError)
      await closing.close()
      await assert.rejects(closing.train(startingPoint(), 1), TrainerClosedError)
      await assert.rejects(closing.evaluate(startingPoint(), 'training'), TrainerClosedError)
      await assert.rejects(
        closing.predict(startingPoint(), { values: new Float32Array(0), count: 0 }),
        TrainerClosedError
      )
    })
  })
}
