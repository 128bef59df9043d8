"""Health and reflection, as a balancer and grpcurl use them."""

from __future__ import annotations

import grpc
import pytest
from google.protobuf import descriptor_pool, json_format, message_factory
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from running_server import RunningServer, claim_message


@pytest.mark.parametrize("name", ["", "claimrules.v1.EvaluationService", "claimrules.v1.PolicyService"])
def test_a_server_that_announced_itself_is_healthy(server: RunningServer, name: str) -> None:
    answer = health_pb2_grpc.HealthStub(server.channel).Check(health_pb2.HealthCheckRequest(service=name))
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_the_health_of_a_service_that_is_not_there_is_not_found(server: RunningServer) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        health_pb2_grpc.HealthStub(server.channel).Check(health_pb2.HealthCheckRequest(service="nothing"))
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_reflection_lists_the_services(server: RunningServer) -> None:
    services = ProtoReflectionDescriptorDatabase(server.channel).get_services()
    assert set(services) >= {
        "claimrules.v1.EvaluationService",
        "claimrules.v1.PolicyService",
        "grpc.health.v1.Health",
    }


def test_a_call_can_be_made_from_reflection_alone(server: RunningServer) -> None:
    # As grpcurl does: JSON in, JSON out, every type from the server's own descriptors.
    pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(server.channel))
    service = pool.FindServiceByName("claimrules.v1.EvaluationService")
    method = service.FindMethodByName("Evaluate")
    request_type = message_factory.GetMessageClass(method.input_type)
    response_type = message_factory.GetMessageClass(method.output_type)
    claim = json_format.MessageToDict(claim_message("C-1"), preserving_proto_field_name=True)
    call = server.channel.unary_unary(
        f"/{service.full_name}/{method.name}",
        request_serializer=request_type.SerializeToString,
        response_deserializer=response_type.FromString,
    )
    answer = call(json_format.ParseDict({"claim": claim}, request_type(), descriptor_pool=pool))
    assert json_format.MessageToDict(answer, preserving_proto_field_name=True)["evaluation"]["claim_id"] == "C-1"
