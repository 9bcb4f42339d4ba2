import protobuf from 'protobufjs/light.js'

/**
 * The part of `onnx.proto` that models of ours need, by its own names and numbers (onnx/onnx.proto, IR version 8, of
 * https://github.com/onnx/onnx). What else a file holds is passed over when it is read.
 */
const root = protobuf.Root.fromJSON({
  nested: {
    ModelProto: message({
      irVersion: field('int64', 1),
      producerName: field('string', 2),
      producerVersion: field('string', 3),
      graph: field('GraphProto', 7),
      opsetImport: list('OperatorSetIdProto', 8),
      metadataProps: list('StringStringEntryProto', 14)
    }),
    OperatorSetIdProto: message({ domain: field('string', 1), version: field('int64', 2) }),
    StringStringEntryProto: message({ key: field('string', 1), value: field('string', 2) }),
    GraphProto: message({
      node: list('NodeProto', 1),
      name: field('string', 2),
      initializer: list('TensorProto', 5),
      docString: field('string', 10),
      input: list('ValueInfoProto', 11),
      output: list('ValueInfoProto', 12)
    }),
    NodeProto: message({
      input: list('string', 1),
      output: list('string', 2),
      name: field('string', 3),
      opType: field('string', 4),
      attribute: list('AttributeProto', 5),
      domain: field('string', 7)
    }),
    AttributeProto: message({
      name: field('string', 1),
      f: field('float', 2),
      i: field('int64', 3),
      s: field('bytes', 4),
      floats: list('float', 7),
      ints: list('int64', 8),
      strings: list('bytes', 9),
      type: field('int32', 20)
    }),
    TensorProto: message({
      dims: list('int64', 1),
      dataType: field('int32', 2),
      floatData: list('float', 4),
      stringData: list('bytes', 6),
      name: field('string', 8),
      rawData: field('bytes', 9),
      dataLocation: field('int32', 14)
    }),
    ValueInfoProto: message({ name: field('string', 1), type: field('TypeProto', 2) }),
    TypeProto: message({ tensorType: field('TensorTypeProto', 1) }),
    TensorTypeProto: message({ elemType: field('int32', 1), shape: field('TensorShapeProto', 2) }),
    TensorShapeProto: message({ dim: list('DimensionProto', 1) }),
    DimensionProto: message({ dimValue: field('int64', 1), dimParam: field('string', 2) })
  }
})

/** A whole file. */
export const modelProto = root.lookupType('ModelProto')

/** Numbers of element types (TensorProto.DataType). */
export const ELEMENT_TYPES = { float: 1, int64: 7, string: 8, double: 11 } as const

/** Numbers of kinds of attributes (AttributeProto.AttributeType). */
export const ATTRIBUTE_TYPES = { float: 1, int: 2, string: 3, floats: 6, ints: 7, strings: 8 } as const

type Fields = Record<string, protobuf.IField>

function message(fields: Fields): protobuf.IType {
  return { fields }
}

function field(type: string, id: number): protobuf.IField {
  return { type, id }
}

/** Each value with its tag, as proto2 writes them; packed ones are read too. */
function list(type: string, id: number): protobuf.IField {
  return { rule: 'repeated', type, id, options: { packed: false } }
}
