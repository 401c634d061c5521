package layers

import (
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers/spec"
)

// The configurations of models, layers and losses are those of package spec, which needs no graph.
type (
	ModelConfig   = spec.ModelConfig
	Input         = spec.Input
	CategoryBlock = spec.CategoryBlock
	LayerConfig   = spec.LayerConfig
	DecoderConfig = spec.DecoderConfig

	GRUConfig       = spec.GRUConfig
	GRUDConfig      = spec.GRUDConfig
	LSTMConfig      = spec.LSTMConfig
	RNNConfig       = spec.RNNConfig
	MinGRUConfig    = spec.MinGRUConfig
	RecurrentConfig = spec.RecurrentConfig
	CellConfig      = spec.CellConfig

	DenseConfig                  = spec.DenseConfig
	EmbeddingConfig              = spec.EmbeddingConfig
	CategoryEmbeddingConfig      = spec.CategoryEmbeddingConfig
	DropoutConfig                = spec.DropoutConfig
	PoolConfig                   = spec.PoolConfig
	AttentionPoolConfig          = spec.AttentionPoolConfig
	Conv1DConfig                 = spec.Conv1DConfig
	BatchNormConfig              = spec.BatchNormConfig
	LayerNormConfig              = spec.LayerNormConfig
	ResidualConfig               = spec.ResidualConfig
	ActivityRegularizationConfig = spec.ActivityRegularizationConfig
	AttentionConfig              = spec.AttentionConfig

	Head        = spec.Head
	Loss        = spec.Loss
	LossOptions = spec.LossOptions
	Shape       = spec.Shape

	Form           = spec.Form
	Update         = spec.Update
	Gating         = spec.Gating
	Engine         = spec.Engine
	BiasLayout     = spec.BiasLayout
	InitialState   = spec.InitialState
	Merge          = spec.Merge
	DropoutMask    = spec.DropoutMask
	GateMasks      = spec.GateMasks
	Activation     = spec.Activation
	Padding        = spec.Padding
	PoolKind       = spec.PoolKind
	AttentionScore = spec.AttentionScore
)

// The options of recurrent layers, which package spec documents.
const (
	ResetAfter  = spec.ResetAfter
	ResetBefore = spec.ResetBefore
	ThreeGate   = spec.ThreeGate
	Tied        = spec.Tied

	UpdatePast = spec.UpdatePast
	UpdateNew  = spec.UpdateNew

	LiteralGating = spec.LiteralGating
	InputGating   = spec.InputGating

	Fused    = spec.Fused
	Composed = spec.Composed

	NoBias     = spec.NoBias
	OneBias    = spec.OneBias
	HiddenBias = spec.HiddenBias
	TwoBiases  = spec.TwoBiases

	ZeroState    = spec.ZeroState
	LearnedState = spec.LearnedState

	MergeConcat = spec.MergeConcat
	MergeSum    = spec.MergeSum
	MergeMean   = spec.MergeMean
	MergeMul    = spec.MergeMul

	MaskPerStep     = spec.MaskPerStep
	MaskPerSequence = spec.MaskPerSequence

	SharedMask    = spec.SharedMask
	SeparateMasks = spec.SeparateMasks
)

// The options of other layers, which package spec documents.
const (
	Linear      = spec.Linear
	ReLU        = spec.ReLU
	Tanh        = spec.Tanh
	Sigmoid     = spec.Sigmoid
	HardSigmoid = spec.HardSigmoid
	Softplus    = spec.Softplus
	ELU         = spec.ELU
	SELU        = spec.SELU
	Swish       = spec.Swish
	GELU        = spec.GELU
	Positive    = spec.Positive

	PaddingSame   = spec.PaddingSame
	PaddingCausal = spec.PaddingCausal

	PoolLast = spec.PoolLast
	PoolMean = spec.PoolMean
	PoolMax  = spec.PoolMax

	AdditiveAttention = spec.AdditiveAttention
	DotAttention      = spec.DotAttention
	GeneralAttention  = spec.GeneralAttention
	NoAttention       = spec.NoAttention
)

// The losses, which package spec documents.
const (
	CrossEntropy       = spec.CrossEntropy
	FocalLoss          = spec.FocalLoss
	BinaryCrossEntropy = spec.BinaryCrossEntropy
	BinaryFocalLoss    = spec.BinaryFocalLoss
	MeanSquaredError   = spec.MeanSquaredError
	MeanAbsoluteError  = spec.MeanAbsoluteError
	HuberLoss          = spec.HuberLoss
	LogCoshLoss        = spec.LogCoshLoss
	QuantileLoss       = spec.QuantileLoss
	PoissonLoss        = spec.PoissonLoss
)

// Losses lists every built-in loss.
func Losses() []Loss { return spec.Losses() }

// ClassLosses lists the losses of targets that are classes, the usual one first.
func ClassLosses() []Loss { return spec.ClassLosses() }

// EventLosses lists the losses of targets that are independent events, the usual one first.
func EventLosses() []Loss { return spec.EventLosses() }

// NumberLosses lists the losses of targets that are numbers, the usual one first.
func NumberLosses() []Loss { return spec.NumberLosses() }

// PredictionHead is [spec.PredictionHead].
func PredictionHead(cfg ModelConfig) (Head, fault.List) { return spec.PredictionHead(cfg) }
