"""Predicted value: what each customer will still buy, fitted every night on what all of them have bought."""

from rapport.value.predicting import predict

__all__ = ["predict"]
