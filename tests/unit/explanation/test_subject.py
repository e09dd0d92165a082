"""A network that is explained keeps what is costly to make of it, for all who ask."""

import numpy as np
import pytest
from explained import untrained

from biodl.networks import running
from biodl.networks.assemble import HEAD
from biodl.networks.running import run_model


@pytest.mark.parametrize(("form", "family", "traces"), [("sequence", "recurrent", 1), ("sequence", "convolutional", 0)])
def test_what_enters_the_head_is_traced_once_where_it_loops(form, family, traces, tmp_path, monkeypatch):
    subject, raw, _ = untrained(tmp_path, form, family)
    made = []
    traced = running.traced
    monkeypatch.setattr(running, "traced", lambda model: made.append(model) or traced(model))
    first, again, rough = subject.hidden_layer(raw), subject.hidden_layer(raw), subject.roughly().hidden_layer(raw)
    assert len(made) == traces
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first, rough)
    np.testing.assert_allclose(np.asarray(subject.model.get_layer(HEAD)(first)), run_model(subject.model, raw), rtol=1e-5)


def test_another_network_of_the_same_layers_keeps_nothing_of_the_first(tmp_path):
    subject, raw, _ = untrained(tmp_path, "sequence", "convolutional")
    first = subject.hidden_layer(raw)
    other, *_ = untrained(tmp_path, "sequence", "convolutional")
    other.model.set_weights([-weight for weight in other.model.get_weights()])
    assert np.abs(subject.with_model(other.model).hidden_layer(raw) - first).max() > 0.01
